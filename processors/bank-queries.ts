import type { AlertSettings, TransactionRow, TransferView } from '../schemas/index.ts'
import type { Clock, KeyValueQueries, Queries } from '../topology/index.ts'
import type { Stored } from './aggregate-processor.ts'
import { LIMIT, type Account } from './domain/account/account.ts'
import type { User } from './domain/user/user.ts'
import { rowKey } from './row-processor.ts'
import { transferView, type StoredTransfer } from './transfer-view.ts'
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

const PAGE = 250

/** Questions to the bank's state, wherever it lies. Only what is committed is told; what is not there is undefined. */
export class BankQueries {
  readonly #queries: () => StoreQueries
  readonly #turnover: TurnoverQueries

  /** `queries` gives the way to ask at this moment: instances come and go. */
  constructor(queries: () => StoreQueries, clock: Clock) {
    this.#queries = queries
    this.#turnover = new TurnoverQueries(queries, clock)
  }

  async transaction(id: string): Promise<TransactionRow | undefined> {
    const place = placeOf(id)
    if (place === undefined) return undefined
    const key = rowKey(place.iban, place.version)
    const [found] = await this.#store<TransactionRow>('rows').range(key, key, { partitionKey: Buffer.from(place.iban) })
    return found?.value
  }

  /** Newest first; with `before`, those older than that transaction of the same account. */
  async transactions(iban: string, last: number, before?: string): Promise<readonly TransactionRow[]> {
    const place = before === undefined ? undefined : placeOf(before)
    if (before !== undefined && place?.iban !== iban) return []
    const to = rowKey(iban, place === undefined ? LATEST : place.version - 1)
    const rows = await this.#store<TransactionRow>('rows').range(rowKey(iban, 0), to, {
      reverse: true,
      limit: last,
      partitionKey: Buffer.from(iban),
    })
    return rows.map(({ value }) => value)
  }

  /** All accounts, those with the newest transactions first; with a text, those whose IBAN or an owner contains it. */
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
    const wanted = search?.toLowerCase() ?? ''
    const found = accounts
      .flatMap(({ key: iban, value: { state } }) => (state === undefined ? [] : [{ iban, owners: namesOf(state) }]))
      .filter(({ iban, owners }) => [iban, ...owners].some((text) => text.toLowerCase().includes(wanted)))
      .map((account) => ({ ...account, transaction: rowOf.get(account.iban) ?? null }))
      .toSorted((one, other) => (other.transaction?.time ?? 0) - (one.transaction?.time ?? 0) || one.iban.localeCompare(other.iban))
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

  /** Nothing before the first transaction; undefined for an account that is not there. */
  async balanceAt(iban: string, at: number): Promise<bigint | undefined> {
    const found = await this.#queries().versioned<string, bigint>('balances').getAsOf(iban, at)
    if (found !== undefined) return found.value
    return (await this.#account(iban)) === undefined ? undefined : 0n
  }

  /** Rows with from ≤ time ≤ to, oldest first, with the balance before the first and after the last. */
  async statement(
    iban: string,
    from: number,
    to: number,
  ): Promise<{ readonly openingBalance: bigint; readonly closingBalance: bigint; readonly rows: readonly TransactionRow[] }> {
    const [opening, closing] = await Promise.all([this.balanceAt(iban, from - 1), this.balanceAt(iban, to)])
    const rows: TransactionRow[] = []
    for (let page = await this.transactions(iban, PAGE); ; page = await this.transactions(iban, PAGE, page.at(-1)?.id)) {
      rows.push(...page.filter(({ time }) => time >= from && time <= to))
      if (page.length < PAGE || (page.at(-1)?.time ?? 0) < from) break
    }
    return { openingBalance: opening ?? 0n, closingBalance: closing ?? 0n, rows: rows.toReversed() }
  }

  /** Newest window last; without an IBAN those of all accounts together. */
  turnover(iban: string | undefined, window: WindowSize, last: number): Promise<readonly TurnoverWindow[]> {
    return this.#turnover.windows(iban, window, last)
  }

  async transfer(id: string): Promise<TransferView | undefined> {
    const found = await this.#store<StoredTransfer>('transfers').get(id)
    return found === undefined ? undefined : transferView(found.value)
  }

  async stuckTransfers(): Promise<readonly TransferView[]> {
    const stuck = await this.#store<number>('transfers-stuck').all()
    return this.#existing(stuck.map(({ key }) => key))
  }

  /** Those that have still not ended. */
  async lateTransfers(): Promise<readonly TransferView[]> {
    const late = await this.#store<string>('late-transfers').all()
    return (await this.#existing(late.map(({ key }) => key))).filter(({ state }) => state === 'PENDING')
  }

  #store<V>(name: string): KeyValueQueries<string, V> {
    return this.#queries().keyValue<string, V>(name)
  }

  async #account(iban: string): Promise<Account | undefined> {
    return (await this.#store<Stored<Account>>('accounts').get(iban))?.value.state
  }

  async #existing(ids: readonly string[]): Promise<readonly TransferView[]> {
    const views = await Promise.all(ids.map((id) => this.transfer(id)))
    return views.filter((view) => view !== undefined).toSorted((one, other) => one.startedAt - other.startedAt)
  }
}

const LATEST = 9_999_999_999

function namesOf({ owners }: Account): readonly string[] {
  return owners.map(({ username }) => username)
}

/** A transaction's id is made of its account and of the account's version behind it. */
function placeOf(id: string): { readonly iban: string; readonly version: number } | undefined {
  const [, iban, version] = /^(NL\d{2}OPEN\d{10})-(\d{1,10})$/.exec(id) ?? []
  return iban === undefined ? undefined : { iban, version: Number(version) }
}
