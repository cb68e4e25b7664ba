import type {
  AddUserToBankAccount,
  AlertRaised,
  CommandFailed,
  CommandSucceeded,
  CreateBankAccount,
  CreateUserAccount,
  MoneyTransfer,
  RecordCodec,
  RemoveUserFromBankAccount,
  TransactionRow,
  TransferView,
  UpdateAlertSettings,
} from '../schemas/index.ts'
import type { AccountEvent } from './domain/account/evolve.ts'
import type { TransferEvent } from './domain/transfer/transfer.ts'
import { RECORDS } from './records.ts'
import { TOPICS } from './topics.ts'

/** What may be asked of the bank from outside. */
export type BankCommand =
  CreateUserAccount | CreateBankAccount | AddUserToBankAccount | RemoveUserFromBankAccount | MoneyTransfer | UpdateAlertSettings

/** How commands and outcomes look on the wire, and where they go. */
export interface CommandFormat {
  /** All that a command may go to. */
  readonly commandTopics: readonly string[]
  readonly outcomesTopic: string
  encode(command: BankCommand): { readonly topic: string; readonly key: Uint8Array; readonly value: Uint8Array }
  decodeOutcome(value: Uint8Array): CommandSucceeded | CommandFailed
}

/** What the bank publishes. Keys are text: the IBAN, or the transfer's id. */
export interface FeedFormats {
  readonly transactions: FeedFormat<TransactionRow>
  readonly transfers: FeedFormat<TransferView>
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
  const commands = codec.serde(
    'CreateUserAccount',
    'CreateBankAccount',
    'AddUserToBankAccount',
    'RemoveUserFromBankAccount',
    'MoneyTransfer',
    'UpdateAlertSettings',
  )
  const outcomes = codec.serde(...RECORDS.outcomes)
  return {
    commandTopics: [TOPICS.userCommands, TOPICS.accountCommands, TOPICS.transferCommands],
    outcomesTopic: TOPICS.outcomes,
    encode: (command) => {
      const { topic, key } = addressOf(command)
      return { topic, key: Buffer.from(key), value: commands.serialize(command) }
    },
    decodeOutcome: (value) => outcomes.deserialize(value),
  }
}

export function feedFormats(codec: RecordCodec): FeedFormats {
  const rows = codec.serde(...RECORDS.transactions)
  const transfers = codec.serde(...RECORDS.transfers)
  const alerts = codec.serde(...RECORDS.alerts)
  return {
    transactions: { topic: TOPICS.transactions, decode: (value) => rows.deserialize(value) },
    transfers: { topic: TOPICS.transfers, decode: (value) => transfers.deserialize(value) },
    alerts: { topic: TOPICS.alerts, decode: (value) => alerts.deserialize(value) },
  }
}

/** The events themselves, for who checks or counts them. */
export function eventFormats(codec: RecordCodec): EventFormats {
  const accounts = codec.serde(...RECORDS.accountEvents)
  const transfers = codec.serde(...RECORDS.transferEvents)
  return {
    accounts: { topic: TOPICS.accountEvents, decode: (value) => accounts.deserialize(value) },
    transfers: { topic: TOPICS.transferEvents, decode: (value) => transfers.deserialize(value) },
  }
}

/** What the bank publishes and reads no more itself: whether others can read it, somebody has to look. */
export function publishedFormats(codec: RecordCodec): readonly FeedFormat<unknown>[] {
  const users = codec.serde(...RECORDS.userEvents)
  const { outcomesTopic, decodeOutcome } = commandFormat(codec)
  return [
    { topic: TOPICS.userEvents, decode: (value) => users.deserialize(value) },
    { topic: outcomesTopic, decode: decodeOutcome },
    ...Object.values(feedFormats(codec)),
  ]
}

/** A command goes to the aggregate that decides on it first: its id is the key. */
function addressOf(command: BankCommand): { readonly topic: string; readonly key: string } {
  switch (command.type) {
    case 'CreateUserAccount':
      return { topic: TOPICS.userCommands, key: command.username }
    case 'AddUserToBankAccount':
      return { topic: TOPICS.userCommands, key: command.userToAdd }
    case 'CreateBankAccount':
    case 'RemoveUserFromBankAccount':
    case 'UpdateAlertSettings':
      return { topic: TOPICS.accountCommands, key: command.iban }
    case 'MoneyTransfer':
      return { topic: TOPICS.transferCommands, key: command.id }
    default:
      return command satisfies never
  }
}
