/** Made by `npm run generate` from the `.avsc` files; change those instead. */

/** Makes another user an owner of the account. */
export interface AddUserToBankAccount {
  readonly type: 'AddUserToBankAccount'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly iban: string
  /** The owner that sends the command. */
  readonly username: string
  readonly token: string
  readonly userToAdd: string
}

/** Opens an account. */
export interface CreateBankAccount {
  readonly type: 'CreateBankAccount'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly iban: string
  /** The first owner. */
  readonly username: string
}

/** Signs a user up. */
export interface CreateUserAccount {
  readonly type: 'CreateUserAccount'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly username: string
  readonly passwordHash: string
}

/** A step of a transfer: credits the account. */
export interface CreditMoney {
  readonly type: 'CreditMoney'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  readonly counterparty: string
  readonly description: string
  /** The user that ordered the transfer. */
  readonly username: string
}

/** A step of a transfer: debits the account. */
export interface DebitMoney {
  readonly type: 'DebitMoney'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  readonly counterparty: string
  readonly description: string
  /** The user that ordered the transfer. */
  readonly username: string
  readonly token: string
}

/** Orders a transfer; its id becomes the id of the transfer. */
export interface MoneyTransfer {
  readonly type: 'MoneyTransfer'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly token: string
  /** Cents. */
  readonly amount: bigint
  /** An IBAN of this bank, or cash. */
  readonly from: string
  /** An IBAN, of this bank or another. */
  readonly to: string
  readonly description: string
  readonly username: string
}

/** Ends the sender's ownership of the account. */
export interface RemoveUserFromBankAccount {
  readonly type: 'RemoveUserFromBankAccount'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly iban: string
  readonly username: string
  readonly token: string
}

/** A step of a failed transfer: returns the amount that was debited. */
export interface ReturnMoney {
  readonly type: 'ReturnMoney'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  readonly counterparty: string
  readonly description: string
  /** The user that ordered the transfer. */
  readonly username: string
}

/** The alerts that an account's owners want; null: none of that kind. */
export interface AlertSettings {
  /** Alert on a balance below this, in cents. */
  readonly balanceBelow: null | bigint
  /** Alert on an amount above this, in cents. */
  readonly amountAbove: null | bigint
  readonly counterpartyNew: boolean
  /** Alert on more debits than this within five minutes. */
  readonly debitsInFiveMinutes: null | number
}

/** Sets the alerts of an account. */
export interface UpdateAlertSettings {
  readonly type: 'UpdateAlertSettings'
  /** A UUID chosen by the sender. A repeated id gets the first answer again. */
  readonly id: string
  /** A command read after this time is answered as expired. */
  readonly deadline: number
  /** Key of the outcome, by which its reader finds it. */
  readonly replyTo: string
  /** If set, the command is refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly iban: string
  readonly username: string
  readonly token: string
  readonly settings: AlertSettings
}

/** An account's alert settings changed. */
export interface AlertSettingsUpdated {
  readonly type: 'AlertSettingsUpdated'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly iban: string
  readonly settings: AlertSettings
}

/** An account was opened. */
export interface BankAccountCreated {
  readonly type: 'BankAccountCreated'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly iban: string
  readonly token: string
  readonly username: string
}

/** An account was credited. */
export interface MoneyCredited {
  readonly type: 'MoneyCredited'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  /** Balance after the event, in cents. */
  readonly balance: bigint
  readonly counterparty: string
  readonly description: string
  /** The user that ordered the transfer. */
  readonly username: string
}

/** An account was debited. */
export interface MoneyDebited {
  readonly type: 'MoneyDebited'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  /** Balance after the event, in cents. */
  readonly balance: bigint
  readonly counterparty: string
  readonly description: string
  /** The user that ordered the transfer. */
  readonly username: string
}

/** The amount that a failed transfer had debited was returned. */
export interface MoneyReturned {
  readonly type: 'MoneyReturned'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  /** Balance after the event, in cents. */
  readonly balance: bigint
  readonly counterparty: string
  readonly description: string
  /** The user that ordered the transfer. */
  readonly username: string
}

/** A transfer was completed. */
export interface TransferCompleted {
  readonly type: 'TransferCompleted'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
}

/** A transfer failed; an amount that it had debited has been returned. */
export interface TransferFailed {
  readonly type: 'TransferFailed'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  readonly code: string
  readonly reason: string
}

/** A transfer was ordered. */
export interface TransferStarted {
  readonly type: 'TransferStarted'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  /** Cents. */
  readonly amount: bigint
  readonly from: string
  readonly to: string
  readonly description: string
  readonly username: string
}

/** A user signed up. */
export interface UserAccountCreated {
  readonly type: 'UserAccountCreated'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly username: string
  readonly passwordHash: string
}

/** A user became an owner of an account. */
export interface UserAddedToBankAccount {
  readonly type: 'UserAddedToBankAccount'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly iban: string
  readonly token: string
  readonly username: string
}

/** A user is no longer an owner of an account. */
export interface UserRemovedFromBankAccount {
  readonly type: 'UserRemovedFromBankAccount'
  /** Id of the command that caused it. */
  readonly command: string
  /** Version of the aggregate after the event, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly iban: string
  readonly username: string
}

/** The answer to a command that was refused. */
export interface CommandFailed {
  readonly type: 'CommandFailed'
  /** Id of the command. */
  readonly command: string
  /** Stable code for programs. */
  readonly code: string
  /** Text for people. */
  readonly reason: string
}

/** The answer to a command that was carried out. */
export interface CommandSucceeded {
  readonly type: 'CommandSucceeded'
  /** Id of the command. */
  readonly command: string
  /** Version of the aggregate after the command. */
  readonly version: number
  /** The owner's token, if the command created one. */
  readonly token: null | string
}

export type AlertKind = 'BALANCE_BELOW' | 'AMOUNT_ABOVE' | 'COUNTERPARTY_NEW' | 'MANY_DEBITS'

/** An alert for the owners of an account. */
export interface AlertRaised {
  readonly type: 'AlertRaised'
  readonly id: string
  readonly iban: string
  readonly kind: AlertKind
  readonly text: string
  readonly transactionId: string
  readonly time: number
}

export type Direction = 'DEBIT' | 'CREDIT'

/** A change of an account's balance, as the projection of account events publishes it. */
export interface TransactionRow {
  readonly type: 'TransactionRow'
  /** Derived from the event, so that a rebuild yields the same id. */
  readonly id: string
  readonly iban: string
  /** Number of the row within its account, from 1 without gaps. */
  readonly sequence: number
  /** Cents. */
  readonly newBalance: bigint
  /** Cents, positive. */
  readonly amount: bigint
  readonly direction: Direction
  readonly changedBy: string
  readonly counterparty: string
  readonly description: string
  readonly time: number
  readonly transferId: null | string
}

export type TransferState = 'PENDING' | 'COMPLETED' | 'FAILED' | 'STUCK'

export interface TransferStep {
  readonly name: string
  readonly time: number
}

/** The state of a transfer. */
export interface TransferView {
  readonly type: 'TransferView'
  readonly id: string
  /** Cents. */
  readonly amount: bigint
  readonly from: string
  readonly to: string
  readonly description: string
  /** The user that ordered it. */
  readonly username: string
  readonly state: TransferState
  readonly code: null | string
  readonly reason: null | string
  readonly startedAt: number
  readonly endedAt: null | number
  /** The steps completed so far. */
  readonly steps: readonly TransferStep[]
}

export type Command = AddUserToBankAccount | CreateBankAccount | CreateUserAccount | CreditMoney | DebitMoney | MoneyTransfer | RemoveUserFromBankAccount | ReturnMoney | UpdateAlertSettings

export type Event = AlertSettingsUpdated | BankAccountCreated | MoneyCredited | MoneyDebited | MoneyReturned | TransferCompleted | TransferFailed | TransferStarted | UserAccountCreated | UserAddedToBankAccount | UserRemovedFromBankAccount

export type Outcome = CommandFailed | CommandSucceeded

export type View = AlertRaised | TransactionRow | TransferView

/** Every record type by its name. */
export interface Records {
  readonly AddUserToBankAccount: AddUserToBankAccount
  readonly CreateBankAccount: CreateBankAccount
  readonly CreateUserAccount: CreateUserAccount
  readonly CreditMoney: CreditMoney
  readonly DebitMoney: DebitMoney
  readonly MoneyTransfer: MoneyTransfer
  readonly RemoveUserFromBankAccount: RemoveUserFromBankAccount
  readonly ReturnMoney: ReturnMoney
  readonly UpdateAlertSettings: UpdateAlertSettings
  readonly AlertSettingsUpdated: AlertSettingsUpdated
  readonly BankAccountCreated: BankAccountCreated
  readonly MoneyCredited: MoneyCredited
  readonly MoneyDebited: MoneyDebited
  readonly MoneyReturned: MoneyReturned
  readonly TransferCompleted: TransferCompleted
  readonly TransferFailed: TransferFailed
  readonly TransferStarted: TransferStarted
  readonly UserAccountCreated: UserAccountCreated
  readonly UserAddedToBankAccount: UserAddedToBankAccount
  readonly UserRemovedFromBankAccount: UserRemovedFromBankAccount
  readonly CommandFailed: CommandFailed
  readonly CommandSucceeded: CommandSucceeded
  readonly AlertRaised: AlertRaised
  readonly TransactionRow: TransactionRow
  readonly TransferView: TransferView
}

/** The schemas of this version, by the name of the record. */
export const SCHEMAS: { readonly [Name in keyof Records]: string } = {
  AddUserToBankAccount: '{"type":"record","name":"AddUserToBankAccount","namespace":"bob.commands","doc":"Makes another user an owner of the account.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"iban","type":"string"},{"name":"username","type":"string","doc":"The owner that sends the command."},{"name":"token","type":"string"},{"name":"userToAdd","type":"string"}]}',
  CreateBankAccount: '{"type":"record","name":"CreateBankAccount","namespace":"bob.commands","doc":"Opens an account.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"iban","type":"string"},{"name":"username","type":"string","doc":"The first owner."}]}',
  CreateUserAccount: '{"type":"record","name":"CreateUserAccount","namespace":"bob.commands","doc":"Signs a user up.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"username","type":"string"},{"name":"passwordHash","type":"string"}]}',
  CreditMoney: '{"type":"record","name":"CreditMoney","namespace":"bob.commands","doc":"A step of a transfer: credits the account.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"The user that ordered the transfer."}]}',
  DebitMoney: '{"type":"record","name":"DebitMoney","namespace":"bob.commands","doc":"A step of a transfer: debits the account.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"The user that ordered the transfer."},{"name":"token","type":"string"}]}',
  MoneyTransfer: '{"type":"record","name":"MoneyTransfer","namespace":"bob.commands","doc":"Orders a transfer; its id becomes the id of the transfer.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"token","type":"string"},{"name":"amount","type":"long","doc":"Cents."},{"name":"from","type":"string","doc":"An IBAN of this bank, or cash."},{"name":"to","type":"string","doc":"An IBAN, of this bank or another."},{"name":"description","type":"string"},{"name":"username","type":"string"}]}',
  RemoveUserFromBankAccount: '{"type":"record","name":"RemoveUserFromBankAccount","namespace":"bob.commands","doc":"Ends the sender\'s ownership of the account.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"iban","type":"string"},{"name":"username","type":"string"},{"name":"token","type":"string"}]}',
  ReturnMoney: '{"type":"record","name":"ReturnMoney","namespace":"bob.commands","doc":"A step of a failed transfer: returns the amount that was debited.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"The user that ordered the transfer."}]}',
  UpdateAlertSettings: '{"type":"record","name":"UpdateAlertSettings","namespace":"bob.commands","doc":"Sets the alerts of an account.","fields":[{"name":"id","type":"string","doc":"A UUID chosen by the sender. A repeated id gets the first answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"A command read after this time is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome, by which its reader finds it."},{"name":"expectedVersion","type":["null","int"],"doc":"If set, the command is refused when the aggregate is at another version.","default":null},{"name":"iban","type":"string"},{"name":"username","type":"string"},{"name":"token","type":"string"},{"name":"settings","type":{"type":"record","name":"AlertSettings","doc":"The alerts that an account\'s owners want; null: none of that kind.","fields":[{"name":"balanceBelow","type":["null","long"],"doc":"Alert on a balance below this, in cents.","default":null},{"name":"amountAbove","type":["null","long"],"doc":"Alert on an amount above this, in cents.","default":null},{"name":"counterpartyNew","type":"boolean","default":false},{"name":"debitsInFiveMinutes","type":["null","int"],"doc":"Alert on more debits than this within five minutes.","default":null}]}}]}',
  AlertSettingsUpdated: '{"type":"record","name":"AlertSettingsUpdated","namespace":"bob.events","doc":"An account\'s alert settings changed.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"iban","type":"string"},{"name":"settings","type":{"type":"record","name":"AlertSettings","doc":"The alerts that an account\'s owners want; null: none of that kind.","fields":[{"name":"balanceBelow","type":["null","long"],"doc":"Alert on a balance below this, in cents.","default":null},{"name":"amountAbove","type":["null","long"],"doc":"Alert on an amount above this, in cents.","default":null},{"name":"counterpartyNew","type":"boolean","default":false},{"name":"debitsInFiveMinutes","type":["null","int"],"doc":"Alert on more debits than this within five minutes.","default":null}]}}]}',
  BankAccountCreated: '{"type":"record","name":"BankAccountCreated","namespace":"bob.events","doc":"An account was opened.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"iban","type":"string"},{"name":"token","type":"string"},{"name":"username","type":"string"}]}',
  MoneyCredited: '{"type":"record","name":"MoneyCredited","namespace":"bob.events","doc":"An account was credited.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"balance","type":"long","doc":"Balance after the event, in cents."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"The user that ordered the transfer."}]}',
  MoneyDebited: '{"type":"record","name":"MoneyDebited","namespace":"bob.events","doc":"An account was debited.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"balance","type":"long","doc":"Balance after the event, in cents."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"The user that ordered the transfer."}]}',
  MoneyReturned: '{"type":"record","name":"MoneyReturned","namespace":"bob.events","doc":"The amount that a failed transfer had debited was returned.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"balance","type":"long","doc":"Balance after the event, in cents."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"The user that ordered the transfer."}]}',
  TransferCompleted: '{"type":"record","name":"TransferCompleted","namespace":"bob.events","doc":"A transfer was completed.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"}]}',
  TransferFailed: '{"type":"record","name":"TransferFailed","namespace":"bob.events","doc":"A transfer failed; an amount that it had debited has been returned.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"code","type":"string"},{"name":"reason","type":"string"}]}',
  TransferStarted: '{"type":"record","name":"TransferStarted","namespace":"bob.events","doc":"A transfer was ordered.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"amount","type":"long","doc":"Cents."},{"name":"from","type":"string"},{"name":"to","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string"}]}',
  UserAccountCreated: '{"type":"record","name":"UserAccountCreated","namespace":"bob.events","doc":"A user signed up.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"username","type":"string"},{"name":"passwordHash","type":"string"}]}',
  UserAddedToBankAccount: '{"type":"record","name":"UserAddedToBankAccount","namespace":"bob.events","doc":"A user became an owner of an account.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"iban","type":"string"},{"name":"token","type":"string"},{"name":"username","type":"string"}]}',
  UserRemovedFromBankAccount: '{"type":"record","name":"UserRemovedFromBankAccount","namespace":"bob.events","doc":"A user is no longer an owner of an account.","fields":[{"name":"command","type":"string","doc":"Id of the command that caused it."},{"name":"version","type":"int","doc":"Version of the aggregate after the event, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"iban","type":"string"},{"name":"username","type":"string"}]}',
  CommandFailed: '{"type":"record","name":"CommandFailed","namespace":"bob.outcomes","doc":"The answer to a command that was refused.","fields":[{"name":"command","type":"string","doc":"Id of the command."},{"name":"code","type":"string","doc":"Stable code for programs."},{"name":"reason","type":"string","doc":"Text for people."}]}',
  CommandSucceeded: '{"type":"record","name":"CommandSucceeded","namespace":"bob.outcomes","doc":"The answer to a command that was carried out.","fields":[{"name":"command","type":"string","doc":"Id of the command."},{"name":"version","type":"int","doc":"Version of the aggregate after the command."},{"name":"token","type":["null","string"],"doc":"The owner\'s token, if the command created one.","default":null}]}',
  AlertRaised: '{"type":"record","name":"AlertRaised","namespace":"bob.views","doc":"An alert for the owners of an account.","fields":[{"name":"id","type":"string"},{"name":"iban","type":"string"},{"name":"kind","type":{"type":"enum","name":"AlertKind","symbols":["BALANCE_BELOW","AMOUNT_ABOVE","COUNTERPARTY_NEW","MANY_DEBITS"]}},{"name":"text","type":"string"},{"name":"transactionId","type":"string"},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}}]}',
  TransactionRow: '{"type":"record","name":"TransactionRow","namespace":"bob.views","doc":"A change of an account\'s balance, as the projection of account events publishes it.","fields":[{"name":"id","type":"string","doc":"Derived from the event, so that a rebuild yields the same id."},{"name":"iban","type":"string"},{"name":"sequence","type":"int","doc":"Number of the row within its account, from 1 without gaps."},{"name":"newBalance","type":"long","doc":"Cents."},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"direction","type":{"type":"enum","name":"Direction","symbols":["DEBIT","CREDIT"]}},{"name":"changedBy","type":"string"},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":["null","string"],"default":null}]}',
  TransferView: '{"type":"record","name":"TransferView","namespace":"bob.views","doc":"The state of a transfer.","fields":[{"name":"id","type":"string"},{"name":"amount","type":"long","doc":"Cents."},{"name":"from","type":"string"},{"name":"to","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"The user that ordered it."},{"name":"state","type":{"type":"enum","name":"TransferState","symbols":["PENDING","COMPLETED","FAILED","STUCK"]}},{"name":"code","type":["null","string"],"default":null},{"name":"reason","type":["null","string"],"default":null},{"name":"startedAt","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"endedAt","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},{"name":"steps","doc":"The steps completed so far.","type":{"type":"array","items":{"type":"record","name":"TransferStep","fields":[{"name":"name","type":"string"},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}}]}}}]}',
}
