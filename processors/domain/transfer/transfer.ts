import type {
  CreditMoney,
  DebitMoney,
  MoneyTransfer,
  ReturnMoney,
  TransferCompleted,
  TransferFailed,
  TransferStarted,
} from '../../../schemas/index.ts'
import type { Fact } from '../decider.ts'
import { CASH, isAddressable, isOwnIban } from '../iban.ts'
import {
  BAD_AMOUNT,
  BAD_DESCRIPTION,
  EXPIRED,
  FROM_INVALID,
  SAME_ACCOUNT,
  STUCK,
  TO_INVALID,
  TOO_MUCH_CASH,
  type Refusal,
} from '../refusal.ts'
import { OPENING_DEPOSIT } from './opening-deposit.ts'

export type Step = 'debit' | 'credit' | 'return'
export type StepCommand = DebitMoney | CreditMoney | ReturnMoney
export type TransferEvent = TransferStarted | TransferCompleted | TransferFailed
export const TRANSFER_EVENTS = [
  'TransferStarted',
  'TransferCompleted',
  'TransferFailed',
] as const satisfies readonly TransferEvent['type'][]

/** A transfer under way or ended. One that ended never changes again. */
export interface Transfer {
  readonly order: Pick<MoneyTransfer, 'id' | 'token' | 'amount' | 'from' | 'to' | 'description' | 'username' | 'replyTo'>
  readonly state: Step | 'completed' | 'failed' | 'stuck'
  /** Why it failed, or is about to once the money is back. */
  readonly failure: Pick<Refusal, 'code' | 'reason'> | null
  /** When the step under way is asked for again; null: it has ended. */
  readonly askAgainAt: number | null
}

export type StepAnswer = { readonly step: Step; readonly refusal: Pick<Refusal, 'code' | 'reason'> | null }

/** What is to happen after an input: the transfer's new state, what to tell, what to ask. */
export interface Progress {
  readonly transfer: Transfer
  readonly events: readonly Fact<TransferEvent>[]
  readonly ask: StepCommand | null
  /** The answer to whoever ordered it; once per transfer. */
  readonly outcome: { readonly refusal: Pick<Refusal, 'code' | 'reason'> | null } | null
}

const MAX_AMOUNT = 10n ** 15n
/** Of one deposit. */
const MAX_CASH = 100_000n
const STEP_TIMEOUT_MS = 5_000
/** How long a step's command stays valid: asked again it has the same id, so the account answers it once. */
const STEP_DEADLINE_MS = 3_600_000

/** Checks the order and begins with its first step. One that comes too late is refused for good: it may be sent again, with a later deadline. */
export function beginTransfer(order: Transfer['order'] & Pick<MoneyTransfer, 'deadline'>, now: number): Progress {
  const refusal = now > order.deadline ? EXPIRED : refusalOf(order)
  const { id, amount, from, to, description, username } = order
  const started: Fact<TransferStarted> = { type: 'TransferStarted', transferId: id, amount, from, to, description, username }
  const transfer: Transfer = { order, state: from === CASH ? 'credit' : 'debit', failure: null, askAgainAt: 0 }
  if (refusal !== undefined) {
    const ended = end(transfer, refusal)
    return { ...ended, events: [started, ...ended.events] }
  }
  return { ...ask(transfer, now), events: [started] }
}

/** Goes on after an answer; undefined when it is none to the step under way (an answer that came twice). */
export function continueTransfer(transfer: Transfer, { step, refusal }: StepAnswer, now: number): Progress | undefined {
  if (transfer.state !== step) return undefined
  switch (step) {
    case 'debit':
      if (refusal !== null) return end(transfer, refusal)
      return isOwnIban(transfer.order.to) ? ask({ ...transfer, state: 'credit' }, now) : end(transfer, null)
    case 'credit':
      if (refusal === null) return end(transfer, null)
      if (transfer.order.from === CASH) return end(transfer, refusal)
      return ask({ ...transfer, state: 'return', failure: refusal }, now)
    case 'return':
      if (refusal !== null)
        return {
          transfer: { ...transfer, state: 'stuck', failure: STUCK, askAgainAt: null },
          events: [],
          ask: null,
          outcome: { refusal: STUCK },
        }
      return end(transfer, transfer.failure)
    default:
      return step satisfies never
  }
}

/** Asks for the step under way, for the first time or again: the command's id follows from transfer and step. */
export function ask(transfer: Transfer, now: number): Progress {
  const { order, state } = transfer
  const { id, amount, from, to, description, username, token } = order
  const head = {
    id: `${id}/${state}`,
    deadline: now + STEP_DEADLINE_MS,
    replyTo: id,
    expectedVersion: null,
    transferId: id,
    amount,
    description,
    username,
  }
  const command = ((): StepCommand | null => {
    switch (state) {
      case 'debit':
        return { type: 'DebitMoney', ...head, iban: from, counterparty: to, token }
      case 'credit':
        return { type: 'CreditMoney', ...head, iban: to, counterparty: from }
      case 'return':
        return { type: 'ReturnMoney', ...head, iban: from, counterparty: to }
      case 'completed':
      case 'failed':
      case 'stuck':
        return null
      default:
        return state satisfies never
    }
  })()
  return { transfer: { ...transfer, askAgainAt: now + STEP_TIMEOUT_MS }, events: [], ask: command, outcome: null }
}

function end(transfer: Transfer, refusal: Pick<Refusal, 'code' | 'reason'> | null): Progress {
  const transferId = transfer.order.id
  const failure = refusal === null ? null : { code: refusal.code, reason: refusal.reason }
  return {
    transfer: { ...transfer, state: failure === null ? 'completed' : 'failed', failure, askAgainAt: null },
    events: [failure === null ? { type: 'TransferCompleted', transferId } : { type: 'TransferFailed', transferId, ...failure }],
    ask: null,
    outcome: { refusal: failure },
  }
}

function refusalOf({ id, amount, from, to, description }: Transfer['order']): Refusal | undefined {
  const isOpeningDeposit = id === OPENING_DEPOSIT.id && to === OPENING_DEPOSIT.to && amount === OPENING_DEPOSIT.amount
  if (amount <= 0n) return BAD_AMOUNT
  if (from === CASH && amount > MAX_CASH && !isOpeningDeposit) return TOO_MUCH_CASH
  if (from !== CASH && amount > MAX_AMOUNT) return BAD_AMOUNT
  if (from === to) return SAME_ACCOUNT
  if (from !== CASH && !isOwnIban(from)) return FROM_INVALID
  if (!isAddressable(to)) return TO_INVALID
  // Characters as people count them, and as the page does: an emoji is one.
  const { length } = [...description]
  if (length < 1 || length > 140) return BAD_DESCRIPTION
  return undefined
}
