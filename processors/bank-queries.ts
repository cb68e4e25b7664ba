import type { AlertSettings, TransactionRow } from '../schemas/index.ts'
import type { Clock, KeyValueQueries, Queries } from '../topology/index.ts'
import type { Stored } from './aggregate-processor.ts'
import { LIMIT, type Account } from './domain/account/account.ts'
import type { User } from './domain/user/user.ts'
import { rowKey } from './row-processor.ts'
import { transferView, type NamedTransferView, type StoredTransfer } from './transfer-view.ts'
import { TurnoverQueries, type TurnoverWindow, type WindowSize } from './turnover-queries.ts'

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

type StoreQueries = Pick<Queries, 'keyValue' | 'window' | 'versioned'>

const PAGE_SIZE = 250

/** Queries over the bank's committed state, on whichever instance it is. What does not exist is undefined. */
export class BankQueries {
  readonly #queries: () => StoreQueries
  readonly #turnover: TurnoverQueries

  /** `queries` returns the current access to the stores, which changes with the instances. */
  constructor(queries: () => StoreQueries, clock: Clock) {
    this.#queries = queries
    this.#turnover = new TurnoverQueries(queries, clock)
  }

  async transaction(id: string): Promise<TransactionRow | undefined> {
    const position = positionOf(id)
    if (position === undefined) return undefined
    const key = rowKey(position.iban, position.version)
    const [found] = await this.#store<TransactionRow>('rows').range(key, key, { partitionKey: Buffer.from(position.iban) })
    return found?.value
  }

  /** Newest first; with `before`, only those older than that transaction of the same account. */
  async transactions(iban: string, last: number, before?: string): Promise<readonly TransactionRow[]> {
    const position = before === undefined ? undefined : positionOf(before)
    if (before !== undefined && position?.iban !== iban) return []
    const to = rowKey(iban, position === undefined ? LATEST : position.version - 1)
    const rows = await this.#store<TransactionRow>('rows').range(rowKey(iban, 0), to, {
      reverse: true,
      limit: last,
      partitionKey: Buffer.from(iban),
    })
    return rows.map(({ value }) => value)
  }

  /** Accounts, those with the newest transactions first; `search` selects by a part of the IBAN or of an owner's name. */
  async lastTransactions(
    search: string | undefined,
    first: number,
    offset: number,
  ): Promise<{ readonly total: number; readonly rows: readonly LastTransaction[] }> {
    const [accounts, lastRows] = await Promise.all([
      this.#store<Stored<Account>>('accounts').all(),
      this.#store<TransactionRow>('last-rows').all(),
    ])
    const rowOf = new Map(lastRows.map(({ key, value }) => [key, value]))
    const searched = search?.toLowerCase() ?? ''
    const found = accounts
      .flatMap(({ key: iban, value: { state } }) => (state === undefined ? [] : [{ iban, owners: namesOf(state) }]))
      .filter(({ iban, owners }) => [iban, ...owners].some((text) => text.toLowerCase().includes(searched)))
      .map((account) => ({ ...account, transaction: rowOf.get(account.iban) ?? null }))
      .toSorted((left, right) => (right.transaction?.time ?? 0) - (left.transaction?.time ?? 0) || left.iban.localeCompare(right.iban))
    return { total: found.length, rows: found.slice(offset, offset + first) }
  }

  async account(iban: string): Promise<AccountView | undefined> {
    const account = await this.#account(iban)
    if (account === undefined) return undefined
    const { balance, settings } = account
    return { iban, balance, limit: LIMIT, owners: namesOf(account), alertSettings: settings }
  }

  async ibansOwnedBy(username: string): Promise<readonly string[]> {
    return (await this.#store<readonly string[]>('accounts-of-user').get(username))?.value ?? []
  }

  async passwordHash(username: string): Promise<string | undefined> {
    return (await this.#store<Stored<User>>('users').get(username))?.value.state?.passwordHash
  }

  async ownerToken(iban: string, username: string): Promise<string | undefined> {
    return (await this.#account(iban))?.owners.find((owner) => owner.username === username)?.token
  }

  /** Zero before the first transaction; undefined for an account that does not exist. */
  async balanceAt(iban: string, at: number): Promise<bigint | undefined> {
    const found = await this.#queries().versioned<string, bigint>('balances').getAsOf(iban, at)
    if (found !== undefined) return found.value
    return (await this.#account(iban)) === undefined ? undefined : 0n
  }

  /** Rows with from ≤ time ≤ to, oldest first, and the balances before the first and after the last of them. */
  async statement(
    iban: string,
    from: number,
    to: number,
  ): Promise<{ readonly openingBalance: bigint; readonly closingBalance: bigint; readonly rows: readonly TransactionRow[] }> {
    const [opening, closing] = await Promise.all([this.balanceAt(iban, from - 1), this.balanceAt(iban, to)])
    const rows: TransactionRow[] = []
    for (let page = await this.transactions(iban, PAGE_SIZE); ; page = await this.transactions(iban, PAGE_SIZE, page.at(-1)?.id)) {
      rows.push(...page.filter(({ time }) => time >= from && time <= to))
      if (page.length < PAGE_SIZE || (page.at(-1)?.time ?? 0) < from) break
    }
    return { openingBalance: opening ?? 0n, closingBalance: closing ?? 0n, rows: rows.toReversed() }
  }

  /** Newest window last; without an IBAN, of all accounts together. */
  turnover(iban: string | undefined, window: WindowSize, last: number): Promise<readonly TurnoverWindow[]> {
    return this.#turnover.windows(iban, window, last)
  }

  async transfer(id: string): Promise<NamedTransferView | undefined> {
    const found = await this.#store<StoredTransfer>('transfers').get(id)
    return found === undefined ? undefined : transferView(found.value)
  }

  async stuckTransfers(): Promise<readonly NamedTransferView[]> {
    const stuck = await this.#store<number>('transfers-stuck').all()
    return this.#existing(stuck.map(({ key }) => key))
  }

  /** Transfers that did not end in time and still have not ended. */
  async lateTransfers(): Promise<readonly NamedTransferView[]> {
    const late = await this.#store<string>('late-transfers').all()
    return (await this.#existing(late.map(({ key }) => key))).filter(({ state }) => state === 'PENDING')
  }

  #store<V>(name: string): KeyValueQueries<string, V> {
    return this.#queries().keyValue<string, V>(name)
  }

  async #account(iban: string): Promise<Account | undefined> {
    return (await this.#store<Stored<Account>>('accounts').get(iban))?.value.state
  }

  async #existing(ids: readonly string[]): Promise<readonly NamedTransferView[]> {
    const views = await Promise.all(ids.map((id) => this.transfer(id)))
    return views.filter((view) => view !== undefined).toSorted((left, right) => left.startedAt - right.startedAt)
  }
}

/** Above every version of an account. */
const LATEST = 9_999_999_999

function namesOf({ owners }: Account): readonly string[] {
  return owners.map(({ username }) => username)
}

/** A transaction's id consists of its account and the version of its event (DECISIONS 25). */
function positionOf(id: string): { readonly iban: string; readonly version: number } | undefined {
  const [, iban, version] = /^(NL\d{2}OPEN\d{10})-(\d{1,10})$/.exec(id) ?? []
  return iban === undefined ? undefined : { iban, version: Number(version) }
}
