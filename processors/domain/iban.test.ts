import { describe, expect, it } from 'vitest'
import { COMPANY_IBAN, isOwnIban, ownIban } from './iban.ts'

describe('An IBAN of this bank', () => {
  it('of account 0 is the company account', () => {
    expect(ownIban(0)).toBe(COMPANY_IBAN)
  })

  it('is recognised by its form and its check digits', () => {
    expect(isOwnIban(ownIban(123_456_789))).toBe(true)
    const [first, ...others] = [
      'NL67OPEN0000000000',
      'NL66OPEN1000000000',
      'NL66ABNA0000000000',
      'NL66OPEN000000000',
      ' NL66OPEN0000000000',
      'cash',
      '',
    ]
    for (const text of [first, ...others]) expect(isOwnIban(text ?? '')).toBe(false)
  })

  it('exists only for whole numbers below 10^9', () => {
    for (const number of [-1, 1e9, 1.5]) expect(() => ownIban(number)).toThrow(RangeError)
  })
})
