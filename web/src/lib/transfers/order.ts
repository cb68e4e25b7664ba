import { isIban, normaliseIban } from '../iban.ts'
import { parseEuro } from '../money.ts'
import type { Order } from './tracker.svelte.ts'

/** The transfer form as typed. */
export interface OrderForm {
  readonly to: string
  readonly amount: string
  readonly description: string
}

export type OrderProblems = { readonly [F in keyof OrderForm]?: string }

/** The bank's own limit on a description. */
export const LONGEST_DESCRIPTION = 140

/**
 * What is plainly wrong is said beside its field before anything is sent. The bank checks everything again, and knows what the page
 * cannot: the limit, the owner, whether the account exists.
 */
export function readOrder(from: string, form: OrderForm): { readonly order: Order } | { readonly problems: OrderProblems } {
  const to = normaliseIban(form.to)
  const description = form.description.trim()
  const amount = parseEuro(form.amount)
  const toProblem =
    to === ''
      ? 'Enter the receiver’s IBAN.'
      : to === from
        ? 'From and to cannot be the same.'
        : isIban(to)
          ? ''
          : 'Not an IBAN: check the digits.'
  const descriptionProblem =
    description === ''
      ? 'Say what it is for.'
      : [...description].length > LONGEST_DESCRIPTION
        ? `At most ${LONGEST_DESCRIPTION} characters.`
        : ''
  if ('cents' in amount && toProblem === '' && descriptionProblem === '') return { order: { from, to, cents: amount.cents, description } }
  return {
    problems: {
      ...(toProblem && { to: toProblem }),
      ...('problem' in amount && { amount: amount.problem }),
      ...(descriptionProblem && { description: descriptionProblem }),
    },
  }
}
