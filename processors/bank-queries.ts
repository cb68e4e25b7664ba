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

export interface StatementPage {
  readonly openingBalance: bigint
  readonly closingBalance: bigint
  readonly rows: readonly TransactionRow[]
  /** Rows of a next page exist. */
  readonly hasMore: boolean
}

type StoreQueries = Pick<Queries, 'keyValue' | 'window' | 'versioned'>

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

  /**
   * A page of the rows with from ≤ time ≤ to, oldest first, and the balances before its first and after its last row. `after`: the id of the last row
   * of the page before. Rows are in the order of the account's history, whatever the clocks said.
   */
  async statement(
    iban: string,
    from: number,
    to: number,
    { first, after }: { readonly first: number; readonly after?: string | undefined },
  ): Promise<StatementPage> {
    const before = after === undefined ? undefined : positionOf(after)
    const isForeign = after !== undefined && before?.iban !== iban
    const start = before === undefined ? await this.#firstVersionSince(iban, from) : before.version + 1
    const found = isForeign ? [] : await this.#rowsSince(iban, start, first + 1)
    const end = found.findIndex(({ time }) => time > to)
    const inTime = end < 0 ? found : found.slice(0, end)
    const rows = inTime.slice(0, first)
    const [oldest, newest] = [rows[0], rows.at(-1)]
    const openingBalance = oldest === undefined ? ((await this.balanceAt(iban, from - 1)) ?? 0n) : balanceBefore(oldest)
    return { openingBalance, closingBalance: newest?.newBalance ?? openingBalance, rows, hasMore: inTime.length > first }
  }

  /** Newest window last; without an IBAN, of all accounts together. */
  turnover(iban: string | undefined, window: WindowSize, last: number): Promise<readonly TurnoverWindow[]> {
    return this.#turnover.windows(iban, window, last)
  }

  async transfer(id: string): Promise<NamedTransferView | undefined> {
    const found = await this.#store<StoredTransfer>('transfers').get(id)
    return found === undefined ? undefined : transferView(found.value)
  }

  /** Oldest first. */
  async stuckTransfers(first: number, offset: number): Promise<readonly NamedTransferView[]> {
    const stuck = await this.#store<number>('transfers-stuck').all()
    return (await this.#existing(stuck.map(({ key }) => key))).slice(offset, offset + first)
  }

  /** Transfers that did not end in time and still have not ended, oldest first. */
  async lateTransfers(first: number, offset: number): Promise<readonly NamedTransferView[]> {
    const late = await this.#store<string>('late-transfers').all()
    const pending = (await this.#existing(late.map(({ key }) => key))).filter(({ state }) => state === 'PENDING')
    return pending.slice(offset, offset + first)
  }

  /** Oldest first, from this version of the account on. */
  async #rowsSince(iban: string, version: number, limit: number): Promise<readonly TransactionRow[]> {
    const rows = await this.#store<TransactionRow>('rows').range(rowKey(iban, version), rowKey(iban, LATEST), {
      limit,
      partitionKey: Buffer.from(iban),
    })
    return rows.map(({ value }) => value)
  }

  /** By bisection: the times of an account's rows do not decrease. */
  async #firstVersionSince(iban: string, time: number): Promise<number> {
    const [newest] = await this.transactions(iban, 1)
    let [low, high] = [0, newest === undefined ? 0 : versionOf(newest) + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const [row] = await this.#rowsSince(iban, middle, 1)
      if (row === undefined || row.time >= time) high = middle
      else low = versionOf(row) + 1
    }
    return low
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

function versionOf({ id }: TransactionRow): number {
  return positionOf(id)?.version ?? 0
}

function balanceBefore({ direction, amount, newBalance }: TransactionRow): bigint {
  return direction === 'CREDIT' ? newBalance - amount : newBalance + amount
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
