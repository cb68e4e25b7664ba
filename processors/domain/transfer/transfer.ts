import type { MoneyTransfer, TransferStarted } from '../../../schemas/index.ts'
import type { Fact } from '../decider.ts'
import { CASH, isAddressable, isOwnIban } from '../iban.ts'
import type { EventOf } from '../messages.ts'
import {
  BAD_AMOUNT,
  BAD_DESCRIPTION,
  EXPIRED,
  FROM_INVALID,
  SAME_ACCOUNT,
  STUCK,
  TO_INVALID,
  TOO_MUCH_CASH,
  UNPRINTABLE_DESCRIPTION,
  type Refusal,
} from '../refusal.ts'
import { isPrintable } from '../printable.ts'
import { OPENING_DEPOSIT } from './opening-deposit.ts'
import type { Step, StepCommand } from './steps.ts'

export type TransferEvent = EventOf<'transfer'>

type Failure = Pick<Refusal, 'code' | 'reason'>

/** A transfer in progress or ended. After its end it never changes. */
export interface Transfer {
  readonly order: Pick<MoneyTransfer, 'id' | 'token' | 'amount' | 'from' | 'to' | 'description' | 'username' | 'replyTo'>
  readonly state: Step | 'completed' | 'failed' | 'stuck'
  /** Why it failed, or will fail once the money has been returned. */
  readonly failure: Failure | null
  /** When the command of the current step is sent again; null: the transfer has ended. */
  readonly askAgainAt: number | null
}

export type StepAnswer = { readonly step: Step; readonly refusal: Failure | null }

/** The reaction to an input: the transfer's new state, its events, the next step's command, and the outcome at the end. */
export interface Progress {
  readonly transfer: Transfer
  readonly events: readonly Fact<TransferEvent>[]
  readonly command: StepCommand | null
  /** The answer to the order; decided once per transfer. */
  readonly outcome: { readonly refusal: Failure | null } | null
}

/** Limit for one transfer, in cents. */
const MAX_AMOUNT = 10n ** 15n
/** Limit for one deposit, in cents. */
const MAX_CASH = 100_000n
const STEP_TIMEOUT_MS = 5_000
/** How long a step's command stays valid. A repeated command has the same id, so the account carries it out only once. */
const STEP_DEADLINE_MS = 3_600_000

/** Checks the order and starts its first step. An expired order is refused for good; the client may order again under another id (DECISIONS 64). */
export function beginTransfer(order: Transfer['order'] & Pick<MoneyTransfer, 'deadline'>, now: number): Progress {
  const refusal = now > order.deadline ? EXPIRED : refusalOf(order)
  const { id, amount, from, to, description, username } = order
  const started: Fact<TransferStarted> = { type: 'TransferStarted', transferId: id, amount, from, to, description, username }
  const transfer: Transfer = { order, state: from === CASH ? 'credit' : 'debit', failure: null, askAgainAt: 0 }
  if (refusal !== undefined) {
    const ended = end(transfer, refusal)
    return { ...ended, events: [started, ...ended.events] }
  }
  return { ...requestStep(transfer, now), events: [started] }
}

/** Continues after an answer. Undefined: the answer is not to the current step, as when it is delivered twice. */
export function continueTransfer(transfer: Transfer, { step, refusal }: StepAnswer, now: number): Progress | undefined {
  if (transfer.state !== step) return undefined
  switch (step) {
    case 'debit':
      if (refusal !== null) return end(transfer, refusal)
      return isOwnIban(transfer.order.to) ? requestStep({ ...transfer, state: 'credit' }, now) : end(transfer, null)
    case 'credit':
      if (refusal === null) return end(transfer, null)
      if (transfer.order.from === CASH) return end(transfer, refusal)
      return requestStep({ ...transfer, state: 'return', failure: refusal }, now)
    case 'return':
      if (refusal !== null)
        return {
          transfer: { ...transfer, state: 'stuck', failure: STUCK, askAgainAt: null },
          events: [],
          command: null,
          outcome: { refusal: STUCK },
        }
      return end(transfer, transfer.failure)
    default:
      return step satisfies never
  }
}

/** The command of the current step, sent for the first time or again. Its id is derived from transfer and step, so a repetition is a duplicate. */
export function requestStep(transfer: Transfer, now: number): Progress {
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
  return { transfer: { ...transfer, askAgainAt: now + STEP_TIMEOUT_MS }, events: [], command, outcome: null }
}

function end(transfer: Transfer, refusal: Failure | null): Progress {
  const transferId = transfer.order.id
  const failure = refusal === null ? null : { code: refusal.code, reason: refusal.reason }
  return {
    transfer: { ...transfer, state: failure === null ? 'completed' : 'failed', failure, askAgainAt: null },
    events: [failure === null ? { type: 'TransferCompleted', transferId } : { type: 'TransferFailed', transferId, ...failure }],
    command: null,
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
  // Counted in code points, as the web page does, so that an emoji counts as one.
  const { length } = [...description]
  if (length < 1 || length > 140) return BAD_DESCRIPTION
  if (!isPrintable(description)) return UNPRINTABLE_DESCRIPTION
  return undefined
}
