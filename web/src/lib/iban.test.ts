import { describe, expect, it } from 'vitest'
import { COMPANY_IBAN, formatIban, isIban, normaliseIban } from './iban.ts'

describe('An IBAN', () => {
  it('is valid if its check digits are', () => {
    for (const iban of [COMPANY_IBAN, 'GB82WEST12345698765432', 'NL91ABNA0417164300']) expect(isIban(iban)).toBe(true)
    for (const text of ['NL67OPEN0000000000', 'NL66OPEN0000000001', 'cash', '', 'NL66', 'nl66OPEN0000000000'])
      expect(isIban(text)).toBe(false)
  })

  it('is accepted with spaces and in lower case', () => {
    expect(normaliseIban(' nl66 open 0000 0000 00')).toBe(COMPANY_IBAN)
  })

  it('is shown in groups of four, and other text stays unchanged', () => {
    expect(formatIban(COMPANY_IBAN)).toBe('NL66 OPEN 0000 0000 00')
    expect(formatIban('cash')).toBe('cash')
    expect(normaliseIban(formatIban(COMPANY_IBAN))).toBe(COMPANY_IBAN)
  })
})
