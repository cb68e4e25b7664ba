/** Made by `npm run generate` from the `.avsc` files; change those instead. */

/** Makes another user an owner too. */
export interface AddUserToBankAccount {
  readonly type: 'AddUserToBankAccount'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly iban: string
  /** The owner who asks. */
  readonly username: string
  readonly token: string
  readonly userToAdd: string
}

/** Opens an account. */
export interface CreateBankAccount {
  readonly type: 'CreateBankAccount'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly iban: string
  /** Its first owner. */
  readonly username: string
}

/** Signs a user up. */
export interface CreateUserAccount {
  readonly type: 'CreateUserAccount'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly username: string
  readonly passwordHash: string
}

/** A step of a transfer: gives the amount to the account. */
export interface CreditMoney {
  readonly type: 'CreditMoney'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  readonly counterparty: string
  readonly description: string
  /** On whose order. */
  readonly username: string
}

/** A step of a transfer: takes the amount from the account. */
export interface DebitMoney {
  readonly type: 'DebitMoney'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  readonly counterparty: string
  readonly description: string
  /** On whose order. */
  readonly username: string
  readonly token: string
}

/** Moves money; its id is the transfer's. */
export interface MoneyTransfer {
  readonly type: 'MoneyTransfer'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly token: string
  /** Cents. */
  readonly amount: bigint
  /** An own IBAN, or cash. */
  readonly from: string
  /** An IBAN, of this bank or another. */
  readonly to: string
  readonly description: string
  readonly username: string
}

/** Ends the ownership of the one who asks. */
export interface RemoveUserFromBankAccount {
  readonly type: 'RemoveUserFromBankAccount'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly iban: string
  readonly username: string
  readonly token: string
}

/** A step of a transfer that failed: gives back what was debited. */
export interface ReturnMoney {
  readonly type: 'ReturnMoney'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  readonly counterparty: string
  readonly description: string
  /** On whose order. */
  readonly username: string
}

/** What an account's owners want to be told of; null: nothing of that kind. */
export interface AlertSettings {
  /** Cents. */
  readonly balanceBelow: null | bigint
  /** Cents. */
  readonly amountAbove: null | bigint
  readonly counterpartyNew: boolean
  /** More debits than this within five minutes. */
  readonly debitsInFiveMinutes: null | number
}

/** Sets what the account's owners are told of. */
export interface UpdateAlertSettings {
  readonly type: 'UpdateAlertSettings'
  /** A UUID, the sender's choice: the same id again gets the same answer again. */
  readonly id: string
  /** Read after this it is answered as expired. */
  readonly deadline: number
  /** Key of the outcome: whoever waits for it. */
  readonly replyTo: string
  /** Refused when the aggregate is at another version. */
  readonly expectedVersion: null | number
  readonly iban: string
  readonly username: string
  readonly token: string
  readonly settings: AlertSettings
}

/** An account's alert settings changed. */
export interface AlertSettingsUpdated {
  readonly type: 'AlertSettingsUpdated'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly iban: string
  readonly settings: AlertSettings
}

/** An account was opened. */
export interface BankAccountCreated {
  readonly type: 'BankAccountCreated'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly iban: string
  readonly token: string
  readonly username: string
}

/** Money came to an account. */
export interface MoneyCredited {
  readonly type: 'MoneyCredited'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  /** Cents, after it. */
  readonly balance: bigint
  readonly counterparty: string
  readonly description: string
  /** Who changed it. */
  readonly username: string
}

/** Money left an account. */
export interface MoneyDebited {
  readonly type: 'MoneyDebited'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  /** Cents, after it. */
  readonly balance: bigint
  readonly counterparty: string
  readonly description: string
  /** Who changed it. */
  readonly username: string
}

/** What a failed transfer had debited came back. */
export interface MoneyReturned {
  readonly type: 'MoneyReturned'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  readonly iban: string
  /** Cents, positive. */
  readonly amount: bigint
  /** Cents, after it. */
  readonly balance: bigint
  readonly counterparty: string
  readonly description: string
  /** Who changed it. */
  readonly username: string
}

/** A transfer ended well. */
export interface TransferCompleted {
  readonly type: 'TransferCompleted'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
}

/** A transfer ended without moving money. */
export interface TransferFailed {
  readonly type: 'TransferFailed'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly transferId: string
  readonly code: string
  readonly reason: string
}

/** A transfer was accepted. */
export interface TransferStarted {
  readonly type: 'TransferStarted'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
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
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly username: string
  readonly passwordHash: string
}

/** An account has another owner. */
export interface UserAddedToBankAccount {
  readonly type: 'UserAddedToBankAccount'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly iban: string
  readonly token: string
  readonly username: string
}

/** An account has an owner less. */
export interface UserRemovedFromBankAccount {
  readonly type: 'UserRemovedFromBankAccount'
  /** Id of the command it follows from. */
  readonly command: string
  /** Of the aggregate, from 1 without gaps. */
  readonly version: number
  readonly time: number
  readonly iban: string
  readonly username: string
}

/** The one answer to a command that was refused. */
export interface CommandFailed {
  readonly type: 'CommandFailed'
  /** Its id. */
  readonly command: string
  /** Stable, for programs. */
  readonly code: string
  /** For people. */
  readonly reason: string
}

/** The one answer to a command that was carried out. */
export interface CommandSucceeded {
  readonly type: 'CommandSucceeded'
  /** Its id. */
  readonly command: string
  /** Of the aggregate after it. */
  readonly version: number
  /** The owner's token, where the command made one. */
  readonly token: null | string
}

export type AlertKind = 'BALANCE_BELOW' | 'AMOUNT_ABOVE' | 'COUNTERPARTY_NEW' | 'MANY_DEBITS'

/** Something an account's owners wanted to be told of. */
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

/** One change of an account's balance, as the projection tells it. */
export interface TransactionRow {
  readonly type: 'TransactionRow'
  /** Follows from the event: the same after a rebuild. */
  readonly id: string
  readonly iban: string
  /** Place in the account's history, from 1 without gaps. */
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

/** How a transfer stands. */
export interface TransferView {
  readonly type: 'TransferView'
  readonly id: string
  /** Cents. */
  readonly amount: bigint
  readonly from: string
  readonly to: string
  readonly description: string
  /** Who ordered it. */
  readonly username: string
  readonly state: TransferState
  readonly code: null | string
  readonly reason: null | string
  readonly startedAt: number
  readonly endedAt: null | number
  /** The way it took so far. */
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
  AddUserToBankAccount: '{"type":"record","name":"AddUserToBankAccount","namespace":"bob.commands","doc":"Makes another user an owner too.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"iban","type":"string"},{"name":"username","type":"string","doc":"The owner who asks."},{"name":"token","type":"string"},{"name":"userToAdd","type":"string"}]}',
  CreateBankAccount: '{"type":"record","name":"CreateBankAccount","namespace":"bob.commands","doc":"Opens an account.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"iban","type":"string"},{"name":"username","type":"string","doc":"Its first owner."}]}',
  CreateUserAccount: '{"type":"record","name":"CreateUserAccount","namespace":"bob.commands","doc":"Signs a user up.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"username","type":"string"},{"name":"passwordHash","type":"string"}]}',
  CreditMoney: '{"type":"record","name":"CreditMoney","namespace":"bob.commands","doc":"A step of a transfer: gives the amount to the account.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"On whose order."}]}',
  DebitMoney: '{"type":"record","name":"DebitMoney","namespace":"bob.commands","doc":"A step of a transfer: takes the amount from the account.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"On whose order."},{"name":"token","type":"string"}]}',
  MoneyTransfer: '{"type":"record","name":"MoneyTransfer","namespace":"bob.commands","doc":"Moves money; its id is the transfer\'s.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"token","type":"string"},{"name":"amount","type":"long","doc":"Cents."},{"name":"from","type":"string","doc":"An own IBAN, or cash."},{"name":"to","type":"string","doc":"An IBAN, of this bank or another."},{"name":"description","type":"string"},{"name":"username","type":"string"}]}',
  RemoveUserFromBankAccount: '{"type":"record","name":"RemoveUserFromBankAccount","namespace":"bob.commands","doc":"Ends the ownership of the one who asks.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"iban","type":"string"},{"name":"username","type":"string"},{"name":"token","type":"string"}]}',
  ReturnMoney: '{"type":"record","name":"ReturnMoney","namespace":"bob.commands","doc":"A step of a transfer that failed: gives back what was debited.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"On whose order."}]}',
  UpdateAlertSettings: '{"type":"record","name":"UpdateAlertSettings","namespace":"bob.commands","doc":"Sets what the account\'s owners are told of.","fields":[{"name":"id","type":"string","doc":"A UUID, the sender\'s choice: the same id again gets the same answer again."},{"name":"deadline","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"Read after this it is answered as expired."},{"name":"replyTo","type":"string","doc":"Key of the outcome: whoever waits for it."},{"name":"expectedVersion","type":["null","int"],"doc":"Refused when the aggregate is at another version.","default":null},{"name":"iban","type":"string"},{"name":"username","type":"string"},{"name":"token","type":"string"},{"name":"settings","type":{"type":"record","name":"AlertSettings","doc":"What an account\'s owners want to be told of; null: nothing of that kind.","fields":[{"name":"balanceBelow","type":["null","long"],"doc":"Cents.","default":null},{"name":"amountAbove","type":["null","long"],"doc":"Cents.","default":null},{"name":"counterpartyNew","type":"boolean","default":false},{"name":"debitsInFiveMinutes","type":["null","int"],"doc":"More debits than this within five minutes.","default":null}]}}]}',
  AlertSettingsUpdated: '{"type":"record","name":"AlertSettingsUpdated","namespace":"bob.events","doc":"An account\'s alert settings changed.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"iban","type":"string"},{"name":"settings","type":{"type":"record","name":"AlertSettings","doc":"What an account\'s owners want to be told of; null: nothing of that kind.","fields":[{"name":"balanceBelow","type":["null","long"],"doc":"Cents.","default":null},{"name":"amountAbove","type":["null","long"],"doc":"Cents.","default":null},{"name":"counterpartyNew","type":"boolean","default":false},{"name":"debitsInFiveMinutes","type":["null","int"],"doc":"More debits than this within five minutes.","default":null}]}}]}',
  BankAccountCreated: '{"type":"record","name":"BankAccountCreated","namespace":"bob.events","doc":"An account was opened.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"iban","type":"string"},{"name":"token","type":"string"},{"name":"username","type":"string"}]}',
  MoneyCredited: '{"type":"record","name":"MoneyCredited","namespace":"bob.events","doc":"Money came to an account.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"balance","type":"long","doc":"Cents, after it."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"Who changed it."}]}',
  MoneyDebited: '{"type":"record","name":"MoneyDebited","namespace":"bob.events","doc":"Money left an account.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"balance","type":"long","doc":"Cents, after it."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"Who changed it."}]}',
  MoneyReturned: '{"type":"record","name":"MoneyReturned","namespace":"bob.events","doc":"What a failed transfer had debited came back.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"iban","type":"string"},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"balance","type":"long","doc":"Cents, after it."},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"Who changed it."}]}',
  TransferCompleted: '{"type":"record","name":"TransferCompleted","namespace":"bob.events","doc":"A transfer ended well.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"}]}',
  TransferFailed: '{"type":"record","name":"TransferFailed","namespace":"bob.events","doc":"A transfer ended without moving money.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"code","type":"string"},{"name":"reason","type":"string"}]}',
  TransferStarted: '{"type":"record","name":"TransferStarted","namespace":"bob.events","doc":"A transfer was accepted.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":"string"},{"name":"amount","type":"long","doc":"Cents."},{"name":"from","type":"string"},{"name":"to","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string"}]}',
  UserAccountCreated: '{"type":"record","name":"UserAccountCreated","namespace":"bob.events","doc":"A user signed up.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"username","type":"string"},{"name":"passwordHash","type":"string"}]}',
  UserAddedToBankAccount: '{"type":"record","name":"UserAddedToBankAccount","namespace":"bob.events","doc":"An account has another owner.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"iban","type":"string"},{"name":"token","type":"string"},{"name":"username","type":"string"}]}',
  UserRemovedFromBankAccount: '{"type":"record","name":"UserRemovedFromBankAccount","namespace":"bob.events","doc":"An account has an owner less.","fields":[{"name":"command","type":"string","doc":"Id of the command it follows from."},{"name":"version","type":"int","doc":"Of the aggregate, from 1 without gaps."},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"iban","type":"string"},{"name":"username","type":"string"}]}',
  CommandFailed: '{"type":"record","name":"CommandFailed","namespace":"bob.outcomes","doc":"The one answer to a command that was refused.","fields":[{"name":"command","type":"string","doc":"Its id."},{"name":"code","type":"string","doc":"Stable, for programs."},{"name":"reason","type":"string","doc":"For people."}]}',
  CommandSucceeded: '{"type":"record","name":"CommandSucceeded","namespace":"bob.outcomes","doc":"The one answer to a command that was carried out.","fields":[{"name":"command","type":"string","doc":"Its id."},{"name":"version","type":"int","doc":"Of the aggregate after it."},{"name":"token","type":["null","string"],"doc":"The owner\'s token, where the command made one.","default":null}]}',
  AlertRaised: '{"type":"record","name":"AlertRaised","namespace":"bob.views","doc":"Something an account\'s owners wanted to be told of.","fields":[{"name":"id","type":"string"},{"name":"iban","type":"string"},{"name":"kind","type":{"type":"enum","name":"AlertKind","symbols":["BALANCE_BELOW","AMOUNT_ABOVE","COUNTERPARTY_NEW","MANY_DEBITS"]}},{"name":"text","type":"string"},{"name":"transactionId","type":"string"},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}}]}',
  TransactionRow: '{"type":"record","name":"TransactionRow","namespace":"bob.views","doc":"One change of an account\'s balance, as the projection tells it.","fields":[{"name":"id","type":"string","doc":"Follows from the event: the same after a rebuild."},{"name":"iban","type":"string"},{"name":"sequence","type":"int","doc":"Place in the account\'s history, from 1 without gaps."},{"name":"newBalance","type":"long","doc":"Cents."},{"name":"amount","type":"long","doc":"Cents, positive."},{"name":"direction","type":{"type":"enum","name":"Direction","symbols":["DEBIT","CREDIT"]}},{"name":"changedBy","type":"string"},{"name":"counterparty","type":"string"},{"name":"description","type":"string"},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"transferId","type":["null","string"],"default":null}]}',
  TransferView: '{"type":"record","name":"TransferView","namespace":"bob.views","doc":"How a transfer stands.","fields":[{"name":"id","type":"string"},{"name":"amount","type":"long","doc":"Cents."},{"name":"from","type":"string"},{"name":"to","type":"string"},{"name":"description","type":"string"},{"name":"username","type":"string","doc":"Who ordered it."},{"name":"state","type":{"type":"enum","name":"TransferState","symbols":["PENDING","COMPLETED","FAILED","STUCK"]}},{"name":"code","type":["null","string"],"default":null},{"name":"reason","type":["null","string"],"default":null},{"name":"startedAt","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"endedAt","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},{"name":"steps","doc":"The way it took so far.","type":{"type":"array","items":{"type":"record","name":"TransferStep","fields":[{"name":"name","type":"string"},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}}]}}}]}',
}
