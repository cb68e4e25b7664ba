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

/** The bank's limit on the length of a description, in characters. */
export const LONGEST_DESCRIPTION = 140

/**
 * Validates the form before anything is sent, with a problem per field. The bank checks everything again, along with what the page
 * cannot know: the limit, the owner, whether the account exists.
 */
export function readOrder(from: string, form: OrderForm): { readonly order: Order } | { readonly problems: OrderProblems } {
  const to = normaliseIban(form.to)
  const description = form.description.trim()
  const amount = parseEuro(form.amount)
  const toProblem =
    to === ''
      ? 'Enter the receiver’s IBAN.'
      : to === from
        ? 'The receiver must be a different account.'
        : isIban(to)
          ? ''
          : 'Not a valid IBAN. Check the digits.'
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
