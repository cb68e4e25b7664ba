import { live } from '../api/live.ts'
import { query } from '../api/request.ts'
import type { LastTransaction, Transaction } from '../generated/graphql.ts'
import { reasonOf } from '../reason.ts'
import { cutAtGap, findGap, mergeRows } from './rows.ts'
import type { Rows } from './rows.ts'

export const PAGE_SIZE = 20
export const MAX_FOLLOWED = 8

const FOLLOWED_ROWS = 50
const SHOW_INTERVAL_MS = 100

/**
 * All accounts with their last transactions, a page at a time, and the rows of the accounts that are followed. One subscription over the
 * whole bank updates both. It may skip all but the latest of several rows of an account, so gaps in the sequence numbers are filled by
 * a query.
 */
export class BankFeed {
  accounts = $state.raw<readonly LastTransaction[]>([])
  total = $state.raw(0)
  page = $state.raw(0)
  search = $state.raw('')
  loading = $state.raw(true)
  problem = $state.raw('')
  followed = $state.raw<ReadonlyMap<string, Rows>>(new Map())
  #arrived = new Map<string, LastTransaction>()
  #rows: Transaction[] = []
  #lastRequest = 0
  #showTimer: ReturnType<typeof setTimeout> | undefined
  readonly #stop: () => void

  constructor() {
    this.#stop = live('lastTransactions', () => ({}), {
      next: (account) => this.#arrive(account),
      refused: (error) => (this.problem = error.message),
    })
    void this.show('', 0)
  }

  get pages(): number {
    return Math.max(1, Math.ceil(this.total / PAGE_SIZE))
  }

  /** Shows a page of the accounts that match `search`. Ignores the answer if a later call was made meanwhile. */
  async show(search: string, page: number): Promise<void> {
    this.#lastRequest += 1
    const request = this.#lastRequest
    this.search = search
    this.page = page
    this.loading = true
    try {
      const answer = await query('lastTransactions', {
        ...(search.trim() && { search: search.trim() }),
        first: PAGE_SIZE,
        offset: page * PAGE_SIZE,
      })
      if (request !== this.#lastRequest) return
      this.accounts = answer.rows
      this.total = answer.total
      this.problem = ''
    } catch (error) {
      if (request === this.#lastRequest) this.problem = reasonOf(error)
    }
    if (request === this.#lastRequest) this.loading = false
  }

  async follow(iban: string): Promise<void> {
    if (this.followed.has(iban) || this.followed.size >= MAX_FOLLOWED) return
    this.followed = new Map(this.followed).set(iban, [])
    await this.#load(iban, FOLLOWED_ROWS)
  }

  unfollow(iban: string): void {
    this.followed = new Map([...this.followed].filter(([other]) => other !== iban))
  }

  close(): void {
    clearTimeout(this.#showTimer)
    this.#stop()
  }

  #arrive(account: LastTransaction): void {
    this.#arrived.set(account.iban, account)
    if (account.transaction !== null && this.followed.has(account.iban)) this.#rows.push(account.transaction)
    this.#showTimer ??= setTimeout(() => this.#show(), SHOW_INTERVAL_MS)
  }

  #show(): void {
    this.#showTimer = undefined
    const arrived = this.#arrived
    this.#arrived = new Map()
    this.accounts = this.accounts.map((account) => newer(account, arrived.get(account.iban)))
    if (this.page === 0) {
      const shown = new Set(this.accounts.map(({ iban }) => iban))
      const added = [...arrived.values()].filter((account) => !shown.has(account.iban) && matches(account, this.search))
      this.accounts = [...added, ...this.accounts].sort((a, b) => timeOf(b) - timeOf(a)).slice(0, PAGE_SIZE)
      this.total = Math.max(this.total, this.accounts.length)
    }
    const rows = this.#rows
    this.#rows = []
    for (const iban of new Set(rows.map((row) => row.iban))) {
      const accountRows = rows.filter((row) => row.iban === iban)
      this.#merge(iban, accountRows)
    }
  }

  #merge(iban: string, rows: Rows): void {
    const before = this.followed.get(iban)
    if (before === undefined) return
    const merged = mergeRows(before, rows)
    const gap = findGap(merged)
    const kept = gap !== undefined && gap.missing > FOLLOWED_ROWS ? cutAtGap(merged) : merged
    this.followed = new Map(this.followed).set(iban, kept)
    if (gap !== undefined && kept === merged) void this.#fill(iban, gap.missing, gap.before)
  }

  /** A gap that the query does not fill ends the list; otherwise every further row would repeat the query. */
  async #fill(iban: string, missing: number, before: string): Promise<void> {
    await this.#load(iban, missing, before)
    const rows = this.followed.get(iban)
    if (rows !== undefined && findGap(rows)?.before === before) this.followed = new Map(this.followed).set(iban, cutAtGap(rows))
  }

  async #load(iban: string, last: number, before?: string): Promise<void> {
    try {
      const rows = await query('transactions', { iban, last, ...(before !== undefined && { before }) })
      const known = this.followed.get(iban)
      if (known !== undefined) this.followed = new Map(this.followed).set(iban, mergeRows(known, rows))
    } catch (error) {
      this.problem = reasonOf(error)
    }
  }
}

function newer(account: LastTransaction, arrived: LastTransaction | undefined): LastTransaction {
  return arrived !== undefined && (arrived.transaction?.sequence ?? 0) >= (account.transaction?.sequence ?? 0) ? arrived : account
}

function matches({ iban, owners }: LastTransaction, search: string): boolean {
  const text = search.trim().toLowerCase()
  return `${iban} ${owners.join(' ')}`.toLowerCase().includes(text)
}

function timeOf({ transaction }: LastTransaction): number {
  return transaction?.time ?? 0
}
