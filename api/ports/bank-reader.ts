import type { AlertSettings, TransactionRow, TransferState } from '../../schemas/index.ts'

/**
 * What the API asks of the bank's projections. Only committed state is read; what is not there is `undefined`, never an error.
 * Rights are not checked here but before (`graphql/access.ts`).
 */
export interface BankReader {
  transaction(id: string): Promise<TransactionRow | undefined>
  /** Newest first; with `before`, those older than that transaction of the same account. */
  transactions(iban: string, last: number, before?: string): Promise<readonly TransactionRow[]>
  /** All accounts by their last transaction, newest first, of those whose IBAN or an owner contains the text. */
  lastTransactions(search: string | undefined, first: number, offset: number): Promise<LastTransactionPage>
  account(iban: string): Promise<AccountView | undefined>
  ibansOwnedBy(username: string): Promise<readonly string[]>
  /** The stored form of the password; it comes from the user's own state and goes nowhere else. */
  passwordHash(username: string): Promise<string | undefined>
  /** What lets this owner move the account's money; it never leaves the server. */
  ownerToken(iban: string, username: string): Promise<string | undefined>
  balanceAt(iban: string, at: number): Promise<bigint | undefined>
  /** Rows with from ≤ time ≤ to, oldest first. */
  statement(iban: string, from: number, to: number): Promise<StatementView>
  /** Newest window last; without an IBAN those of the whole bank. */
  turnover(iban: string | undefined, window: WindowSize, last: number): Promise<readonly TurnoverWindow[]>
  transfer(id: string): Promise<TransferDetails | undefined>
  stuckTransfers(): Promise<readonly TransferDetails[]>
  lateTransfers(): Promise<readonly TransferDetails[]>
}

export type WindowSize = 'MINUTE' | 'HOUR' | 'DAY'

export interface AccountView {
  readonly iban: string
  readonly balance: bigint
  readonly limit: bigint
  readonly owners: readonly string[]
  readonly alertSettings: AlertSettings | null
}

export interface LastTransaction {
  readonly iban: string
  readonly owners: readonly string[]
  readonly transaction: TransactionRow | null
}

export interface LastTransactionPage {
  readonly total: number
  readonly rows: readonly LastTransaction[]
}

export interface StatementView {
  readonly openingBalance: bigint
  readonly closingBalance: bigint
  readonly rows: readonly TransactionRow[]
}

export interface TurnoverWindow {
  readonly start: number
  readonly end: number
  readonly debits: bigint
  readonly credits: bigint
  readonly count: number
}

/** A transfer with the way it took so far. */
export interface TransferDetails {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: bigint
  readonly description: string
  /** Who ordered it. */
  readonly username: string
  readonly state: TransferState
  readonly code: string | null
  readonly reason: string | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly steps: readonly TransferStep[]
}

export interface TransferStep {
  readonly name: string
  readonly time: number
}
