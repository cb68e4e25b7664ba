import type { Event, Outcome, TransferView } from '../schemas/index.ts'
import type { AccountCommand } from './domain/account/decide.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import type { UserEvent } from './domain/user/user.ts'
import type { TransferEvent } from './domain/transfer/transfer.ts'

export type BankEvent = Event

/** A record that a processor forwards; `bank-topology.ts` sends each kind to its topic. */
interface Message<Kind extends string, Payload> {
  readonly kind: Kind
  readonly record: Payload
}

/** Where the outcome of a command goes: to the client outside, or, for a step of a transfer, to the saga. */
export type AnswerKind = 'outcome' | 'step-answer'

/** What an aggregate forwards for a command. */
export type Decided<E extends BankEvent, Answer extends AnswerKind> = Message<'event', E> | Message<Answer, Outcome>

export type UserOutput = Decided<UserEvent, 'outcome'> | Message<'account-command', AccountCommand>

export type AccountOutput = Decided<AccountEvent, AnswerKind>

export type TransferOutput =
  Message<'event', TransferEvent> | Message<'view', TransferView> | Message<'outcome', Outcome> | Message<'account-command', AccountCommand>
