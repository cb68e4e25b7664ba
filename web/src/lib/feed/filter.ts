import type { Direction, Transaction } from '../generated/graphql.ts'
import { parseEuro } from '../money.ts'

/** The filter as typed. An empty field does not filter. */
export interface FilterForm {
  readonly minAmount: string
  readonly maxAmount: string
  readonly direction: Direction | ''
  readonly text: string
}

export interface FilterProblems {
  readonly minAmount?: string
  readonly maxAmount?: string
}

export const NO_FILTER: FilterForm = { minAmount: '', maxAmount: '', direction: '', text: '' }

/** Never throws: a bound that cannot be parsed, such as one half typed, is reported as a problem of its field and filters nothing. */
export function filterRows(
  rows: readonly Transaction[],
  form: FilterForm,
): { readonly rows: readonly Transaction[]; readonly problems: FilterProblems } {
  const min = bound(form.minAmount)
  const max = bound(form.maxAmount)
  const words = form.text.toLowerCase().split(/\s+/).filter(Boolean)
  const crossed = min.cents !== undefined && max.cents !== undefined && min.cents > max.cents
  const maxProblem = crossed ? 'Lower than the minimum amount.' : max.problem
  const problems = { ...(min.problem && { minAmount: min.problem }), ...(maxProblem && { maxAmount: maxProblem }) }
  return {
    problems,
    rows: rows.filter((row) => {
      const amount = BigInt(row.amount)
      if (form.direction !== '' && row.direction !== form.direction) return false
      if (min.cents !== undefined && amount < min.cents) return false
      if (max.cents !== undefined && !crossed && amount > max.cents) return false
      const searched = `${row.description} ${row.counterparty} ${row.changedBy}`.toLowerCase()
      return words.every((word) => searched.includes(word))
    }),
  }
}

export function isFiltering(form: FilterForm): boolean {
  return form.minAmount !== '' || form.maxAmount !== '' || form.direction !== '' || form.text.trim() !== ''
}

function bound(text: string): { readonly cents?: bigint; readonly problem?: string } {
  if (text.trim() === '' || /^[€\s]*0*([.,]0{0,2})?$/.test(text)) return {}
  const parsed = parseEuro(text)
  return 'cents' in parsed ? { cents: parsed.cents } : { problem: parsed.problem }
}
