/**
 * Every account with its last transaction, a page at a time, kept current by one stream over the whole bank; and the rows of the
 * accounts that are followed, out of the same stream. What the stream leaves out (it may tell only the latest of several rows) shows as
 * a gap in an account's numbers, and is asked for.
 */
import { live } from '../api/live.ts'
import { query } from '../api/request.ts'
import type { LastTransaction, Transaction } from '../generated/graphql.ts'
import { reasonOf } from '../reason.ts'
import { cutAtGap, findGap, mergeRows } from './rows.ts'
import type { Rows } from './rows.ts'

export const PAGE_SIZE = 20
export const MOST_FOLLOWED = 8

const FOLLOWED_ROWS = 50
const SHOW_EVERY_MS = 100

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
  #asked = 0
  #showing: ReturnType<typeof setTimeout> | undefined
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

  /** An answer that was overtaken by a later question is dropped. */
  async show(search: string, page: number): Promise<void> {
    this.#asked += 1
    const asked = this.#asked
    this.search = search
    this.page = page
    this.loading = true
    try {
      const answer = await query('lastTransactions', {
        ...(search.trim() && { search: search.trim() }),
        first: PAGE_SIZE,
        offset: page * PAGE_SIZE,
      })
      if (asked !== this.#asked) return
      this.accounts = answer.rows
      this.total = answer.total
      this.problem = ''
    } catch (error) {
      if (asked === this.#asked) this.problem = reasonOf(error)
    }
    if (asked === this.#asked) this.loading = false
  }

  async follow(iban: string): Promise<void> {
    if (this.followed.has(iban) || this.followed.size >= MOST_FOLLOWED) return
    this.followed = new Map(this.followed).set(iban, [])
    await this.#load(iban, FOLLOWED_ROWS)
  }

  unfollow(iban: string): void {
    this.followed = new Map([...this.followed].filter(([other]) => other !== iban))
  }

  close(): void {
    clearTimeout(this.#showing)
    this.#stop()
  }

  #arrive(account: LastTransaction): void {
    this.#arrived.set(account.iban, account)
    if (account.transaction !== null && this.followed.has(account.iban)) this.#rows.push(account.transaction)
    this.#showing ??= setTimeout(() => this.#show(), SHOW_EVERY_MS)
  }

  #show(): void {
    this.#showing = undefined
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
      const own = rows.filter((row) => row.iban === iban)
      this.#merge(iban, own)
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

  /** A gap that stays, though asked for, ends the list rather than being asked for with every row. */
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
