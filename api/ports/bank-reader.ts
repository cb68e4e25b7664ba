import type { AccountView, LastTransaction, NamedTransferView, StatementPage, TurnoverWindow, WindowSize } from '../../processors/index.ts'
import type { TransactionRow } from '../../schemas/index.ts'

/**
 * What the API reads of the bank's state (DECISIONS 33). Only committed state is read; what does not exist is `undefined`, never an
 * error. Access rights are checked by the caller (`graphql/access.ts`).
 */
export interface BankReader {
  transaction(id: string): Promise<TransactionRow | undefined>
  /** Newest first; with `before`, those older than that transaction of the same account. */
  transactions(iban: string, last: number, before?: string): Promise<readonly TransactionRow[]>
  /** Accounts whose IBAN or an owner's name contains `search`, ordered by their last transaction, newest first. */
  lastTransactions(search: string | undefined, first: number, offset: number): Promise<LastTransactionPage>
  account(iban: string): Promise<AccountView | undefined>
  ibansOwnedBy(username: string): Promise<readonly string[]>
  /** The stored form of the password, from the user's own state. It must not leave the server. */
  passwordHash(username: string): Promise<string | undefined>
  /** Authorises this owner's commands on the account. It must not leave the server. */
  ownerToken(iban: string, username: string): Promise<string | undefined>
  balanceAt(iban: string, at: number): Promise<bigint | undefined>
  /** A page of the rows with from ≤ time ≤ to, oldest first; `after`: the id of the row before it. */
  statement(
    iban: string,
    from: number,
    to: number,
    page: { readonly first: number; readonly after?: string | undefined },
  ): Promise<StatementPage>
  /** Newest window last; without an IBAN those of the whole bank. */
  turnover(iban: string | undefined, window: WindowSize, last: number): Promise<readonly TurnoverWindow[]>
  transfer(id: string): Promise<NamedTransferView | undefined>
  stuckTransfers(first: number, offset: number): Promise<readonly NamedTransferView[]>
  lateTransfers(first: number, offset: number): Promise<readonly NamedTransferView[]>
}

export interface LastTransactionPage {
  /** Number of accounts that match. */
  readonly total: number
  readonly rows: readonly LastTransaction[]
}
