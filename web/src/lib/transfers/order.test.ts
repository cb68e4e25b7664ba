import { describe, expect, it } from 'vitest'
import { COMPANY_IBAN } from '../iban.ts'
import { readOrder } from './order.ts'

const FROM = 'NL91ABNA0417164300'
const FORM = { to: COMPANY_IBAN, amount: '1.15', description: 'Coffee' }

describe('The transfer form', () => {
  it('1.15 becomes 114 cents: 1.15 is 115 cents', () => {
    expect(readOrder(FROM, FORM)).toEqual({ order: { from: FROM, to: COMPANY_IBAN, cents: 115n, description: 'Coffee' } })
  })

  it('accepts an IBAN in lower case and with spaces', () => {
    expect(readOrder(FROM, { ...FORM, to: ' nl66 open 0000 0000 00 ' })).toMatchObject({ order: { to: COMPANY_IBAN } })
  })

  it.each([
    ['zero and negative amounts accepted: zero', { amount: '0' }, 'amount'],
    ['zero and negative amounts accepted: negative', { amount: '-10' }, 'amount'],
    ['no amount', { amount: '' }, 'amount'],
    ['no receiver', { to: '' }, 'to'],
    ['the paying account itself', { to: FROM }, 'to'],
    ['wrong check digits', { to: 'NL67OPEN0000000000' }, 'to'],
    ['cash', { to: 'cash' }, 'to'],
    ['no description', { description: '   ' }, 'description'],
    ['a description that is too long', { description: 'é'.repeat(141) }, 'description'],
  ])('refuses %s', (_, change, field) => {
    expect(readOrder(FROM, { ...FORM, ...change })).toEqual({ problems: { [field]: expect.any(String) } })
  })

  it('reports all problems at once', () => {
    expect(readOrder(FROM, { to: '', amount: 'x', description: '' })).toEqual({
      problems: { to: expect.any(String), amount: expect.any(String), description: expect.any(String) },
    })
  })

  it('counts characters, not code units', () => {
    expect(readOrder(FROM, { ...FORM, description: '😀'.repeat(140) })).toHaveProperty('order')
  })
})
