import type { AlertSettings, AlertSettingsInput } from './generated/graphql.ts'
import { parseEuro } from './money.ts'

/** Alert settings as typed. An empty field turns its alert off. */
export interface AlertForm {
  balanceBelow: string
  amountAbove: string
  debits: string
  counterpartyNew: boolean
}

export type AlertProblems = { readonly [F in 'balanceBelow' | 'amountAbove' | 'debits']?: string }

export function writeAlertForm(settings: AlertSettings | null): AlertForm {
  return {
    balanceBelow: euros(settings?.balanceBelow),
    amountAbove: euros(settings?.amountAbove),
    debits: settings?.debitsInFiveMinutes?.toString() ?? '',
    counterpartyNew: settings?.counterpartyNew ?? false,
  }
}

export function readAlertForm(form: AlertForm): { readonly settings: AlertSettingsInput } | { readonly problems: AlertProblems } {
  const balanceBelow = amount(form.balanceBelow, true)
  const amountAbove = amount(form.amountAbove, false)
  const debits = form.debits.trim()
  const debitsProblem = debits === '' || /^[1-9]\d{0,3}$/.test(debits) ? '' : 'Enter a whole number from 1 to 9999.'
  if (!('problem' in balanceBelow) && !('problem' in amountAbove) && debitsProblem === '') {
    return {
      settings: {
        balanceBelow: balanceBelow.cents,
        amountAbove: amountAbove.cents,
        debitsInFiveMinutes: debits === '' ? null : Number(debits),
        counterpartyNew: form.counterpartyNew,
      },
    }
  }
  return {
    problems: {
      ...('problem' in balanceBelow && { balanceBelow: balanceBelow.problem }),
      ...('problem' in amountAbove && { amountAbove: amountAbove.problem }),
      ...(debitsProblem && { debits: debitsProblem }),
    },
  }
}

function euros(cents: string | null | undefined): string {
  if (cents === null || cents === undefined) return ''
  const value = BigInt(cents)
  const size = value < 0n ? -value : value
  return `${value < 0n ? '-' : ''}${size / 100n},${(size % 100n).toString().padStart(2, '0')}`
}

/** `signed` is for balances, where zero and negative amounts are valid bounds. */
function amount(text: string, signed: boolean): { readonly cents: string | null } | { readonly problem: string } {
  const trimmed = text.trim()
  if (trimmed === '') return { cents: null }
  if (signed && /^0+([.,]0{1,2})?$/.test(trimmed)) return { cents: '0' }
  const negative = signed && /^[-−]/.test(trimmed)
  const parsed = parseEuro(negative ? trimmed.slice(1) : trimmed)
  if ('problem' in parsed) return parsed
  return { cents: (negative ? -parsed.cents : parsed.cents).toString() }
}
