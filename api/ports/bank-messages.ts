import type {
  AddUserToBankAccount,
  AlertRaised,
  CommandFailed,
  CommandSucceeded,
  CreateBankAccount,
  CreateUserAccount,
  MoneyTransfer,
  RemoveUserFromBankAccount,
  TransactionRow,
  UpdateAlertSettings,
} from '../../schemas/index.ts'
import type { TransferDetails } from './bank-reader.ts'

export type BankCommand =
  CreateUserAccount | CreateBankAccount | AddUserToBankAccount | RemoveUserFromBankAccount | MoneyTransfer | UpdateAlertSettings

export type Outcome = CommandSucceeded | CommandFailed

/** How commands and outcomes look on the wire, and where they go. */
export interface CommandFormat {
  readonly outcomesTopic: string
  encode(command: BankCommand): CommandRecord
  decodeOutcome(value: Uint8Array): Outcome
}

export interface CommandRecord {
  readonly topic: string
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Topics that are followed for subscribers. Keys are text: the IBAN, or the transfer's id. */
export interface FeedFormats {
  readonly transactions: FeedFormat<TransactionRow>
  readonly transfers: FeedFormat<TransferDetails>
  readonly alerts: FeedFormat<AlertRaised>
}

export interface FeedFormat<T> {
  readonly topic: string
  decode(value: Uint8Array): T
}
