import type { AlertRaised, Command, Outcome, RecordCodec, TransactionRow } from '../schemas/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import { COMMAND_TYPES, firstAggregateOf, type Aggregate } from './domain/messages.ts'
import { isStepCommandType, type StepCommand } from './domain/transfer/steps.ts'
import type { TransferEvent } from './domain/transfer/transfer.ts'
import { RECORDS } from './records.ts'
import { TOPICS } from './topics.ts'
import type { NamedTransferView } from './transfer-view.ts'

/** The commands that clients may send: all but the steps of a transfer, which only the saga sends. */
export type BankCommand = Exclude<Command, StepCommand>

/** The wire format of commands and outcomes, and their topics. */
export interface CommandFormat {
  /** Every topic that a client sends commands to. */
  readonly commandTopics: readonly string[]
  readonly outcomesTopic: string
  encode(command: BankCommand): { readonly topic: string; readonly key: Uint8Array; readonly value: Uint8Array }
  decodeOutcome(value: Uint8Array): Outcome
}

/** The views that the bank publishes. Their keys are text: the IBAN, or the id of the transfer. */
export interface FeedFormats {
  readonly transactions: FeedFormat<TransactionRow>
  readonly transfers: FeedFormat<NamedTransferView>
  readonly alerts: FeedFormat<AlertRaised>
}

export interface EventFormats {
  readonly accounts: FeedFormat<AccountEvent>
  readonly transfers: FeedFormat<TransferEvent>
}

export interface FeedFormat<T> {
  readonly topic: string
  decode(value: Uint8Array): T
}

export function commandFormat(codec: RecordCodec): CommandFormat {
  const commands = codec.serde(...COMMAND_TYPES.filter((type) => !isStepCommandType(type)))
  const outcomes = codec.serde(...RECORDS.outcomes)
  return {
    commandTopics: Object.values(COMMAND_TOPICS),
    outcomesTopic: TOPICS.outcomes,
    encode: (command) => ({
      topic: COMMAND_TOPICS[firstAggregateOf(command.type)],
      key: Buffer.from(keyOf(command)),
      value: commands.serialize(command),
    }),
    decodeOutcome: (value) => outcomes.deserialize(value),
  }
}

export function feedFormats(codec: RecordCodec): FeedFormats {
  const rows = codec.serde(...RECORDS.transactions)
  const transfers = codec.serde(...RECORDS.transfers)
  const alerts = codec.serde(...RECORDS.alerts)
  return {
    transactions: { topic: TOPICS.transactions, decode: (value) => rows.deserialize(value) },
    // Only `transferView` makes these records, so that their steps have its names.
    transfers: { topic: TOPICS.transfers, decode: (value) => transfers.deserialize(value) as NamedTransferView },
    alerts: { topic: TOPICS.alerts, decode: (value) => alerts.deserialize(value) },
  }
}

/** The events of accounts and transfers, for checks and counters outside the topology. */
export function eventFormats(codec: RecordCodec): EventFormats {
  const accounts = codec.serde(...RECORDS.accountEvents)
  const transfers = codec.serde(...RECORDS.transferEvents)
  return {
    accounts: { topic: TOPICS.accountEvents, decode: (value) => accounts.deserialize(value) },
    transfers: { topic: TOPICS.transferEvents, decode: (value) => transfers.deserialize(value) },
  }
}

/** Topics that the bank writes and no task reads; a tail outside the topology checks that their records can be decoded (DECISIONS 34). */
export function publishedFormats(codec: RecordCodec): readonly FeedFormat<unknown>[] {
  const users = codec.serde(...RECORDS.userEvents)
  const { outcomesTopic, decodeOutcome } = commandFormat(codec)
  return [
    { topic: TOPICS.userEvents, decode: (value) => users.deserialize(value) },
    { topic: outcomesTopic, decode: decodeOutcome },
    ...Object.values(feedFormats(codec)),
  ]
}

const COMMAND_TOPICS: Readonly<Record<Aggregate, string>> = {
  user: TOPICS.userCommands,
  account: TOPICS.accountCommands,
  transfer: TOPICS.transferCommands,
}

/** The id of the aggregate that a command reaches first. */
function keyOf(command: BankCommand): string {
  switch (command.type) {
    case 'CreateUserAccount':
      return command.username
    case 'AddUserToBankAccount':
      return command.userToAdd
    case 'CreateBankAccount':
    case 'RemoveUserFromBankAccount':
    case 'UpdateAlertSettings':
      return command.iban
    case 'MoneyTransfer':
      return command.id
    default:
      return command satisfies never
  }
}
