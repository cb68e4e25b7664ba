import { describe, expect, it } from 'vitest'
import { formatChange, formatEuro, parseEuro } from './money.ts'

describe('An amount as typed', () => {
  it.each([
    ['1.15', 115n],
    ['1,15', 115n],
    ['0.29', 29n],
    ['4.35', 435n],
    ['8,2', 820n],
    ['10', 1000n],
    ['€ 12,50', 1250n],
    ['12,50 €', 1250n],
    [' 007 ', 700n],
    ['1.234,56', 123456n],
    ['1,234.56', 123456n],
    ['1 234 567,89', 123456789n],
    ['1\u00a0234,5', 123450n],
    ['1’234.50', 123450n],
    ['90071992547,41', 9007199254741n],
    ['10000000000000', 10n ** 15n],
  ])('%s is %s cents', (text, cents) => {
    expect(parseEuro(text)).toEqual({ cents })
  })

  it.each([
    '',
    '  ',
    '0',
    '0,00',
    '-5',
    '−5',
    '1.234',
    '1,234',
    '1.2.3',
    '12,345',
    '1.23,45',
    ',5',
    '5,',
    '1e3',
    '٣',
    'ten',
    '1_000',
    '0x10',
    '10000000000000,01',
  ])('refuses “%s” and says why in a sentence', (text) => {
    expect(parseEuro(text)).toEqual({ problem: expect.stringMatching(/\.$/) })
  })

  it('parses every amount from 0.01 to 100.00 exactly, with either separator', () => {
    for (let cents = 1n; cents <= 10_000n; cents += 1n) {
      const text = `${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`
      expect(parseEuro(text)).toEqual({ cents })
      expect(parseEuro(text.replace('.', ','))).toEqual({ cents })
    }
  })
})

describe('An amount as shown', () => {
  it.each([
    [0n, '€ 0,00'],
    [5n, '€ 0,05'],
    [115n, '€ 1,15'],
    [-50_000n, '−€ 500,00'],
    [100_000n, '€ 1.000,00'],
    [10n ** 17n, '€ 1.000.000.000.000.000,00'],
    [10n ** 17n + 1n, '€ 1.000.000.000.000.000,01'],
  ])('%s cents are %s', (cents, text) => {
    expect(formatEuro(cents).replace('\u00a0', ' ')).toBe(text)
  })

  it('is parsed back to the same amount', () => {
    for (const cents of [1n, 99n, 100n, 123_456n, 10n ** 15n]) expect(parseEuro(formatEuro(cents))).toEqual({ cents })
  })

  it('is always signed when it is a change', () => {
    expect(formatChange(115n)).toBe('+€\u00a01,15')
    expect(formatChange(-115n)).toBe('−€\u00a01,15')
  })
})
