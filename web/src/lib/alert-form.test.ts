import { describe, expect, it } from 'vitest'
import { readAlertForm, writeAlertForm } from './alert-form.ts'

const EMPTY = writeAlertForm(null)

describe('The alert form', () => {
  it('turns every alert off when empty', () => {
    expect(readAlertForm(EMPTY)).toEqual({
      settings: { balanceBelow: null, amountAbove: null, debitsInFiveMinutes: null, counterpartyNew: false },
    })
  })

  it('round-trips settings', () => {
    const settings = { balanceBelow: '-12345', amountAbove: '100001', debitsInFiveMinutes: 3, counterpartyNew: true }
    expect(readAlertForm(writeAlertForm(settings))).toEqual({ settings })
    expect(readAlertForm(writeAlertForm({ ...settings, balanceBelow: '0' }))).toMatchObject({ settings: { balanceBelow: '0' } })
  })

  it.each([
    ['amountAbove', '-5'],
    ['amountAbove', 'x'],
    ['balanceBelow', '1.2.3'],
    ['debits', '0'],
    ['debits', '1,5'],
    ['debits', 'many'],
  ])('reports %s “%s” as a problem of that field', (field, text) => {
    expect(readAlertForm({ ...EMPTY, [field]: text })).toEqual({ problems: { [field]: expect.any(String) } })
  })
})
