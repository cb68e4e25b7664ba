import { live } from '../api/live.ts'
import { query } from '../api/request.ts'
import type { LiveState } from '../connection.svelte.ts'
import type { Transaction } from '../generated/graphql.ts'
import { reasonOf } from '../reason.ts'
import { cutAtGap, findGap, LIMIT, mergeRows } from './rows.ts'
import type { Rows } from './rows.ts'

const FIRST_ROWS = 50
const OLDER_ROWS = 100
const SHOW_INTERVAL_MS = 60

/**
 * The live rows of one account. The subscription begins with the newest rows and, after a lost connection, resumes after the newest
 * loaded row. Rows in quick succession are shown together. A gap in the sequence numbers is filled by a query.
 */
export class AccountFeed {
  readonly iban: string
  rows = $state.raw<Rows>([])
  state = $state.raw<LiveState>('connecting')
  /** Why the feed was refused, or why a query for rows failed. */
  problem = $state.raw('')
  #arrived: Transaction[] = []
  #showTimer: ReturnType<typeof setTimeout> | undefined
  #stop: () => void

  constructor(iban: string) {
    this.iban = iban
    this.#stop = live('transactions', () => ({ iban, last: FIRST_ROWS, ...this.#after() }), {
      next: (row) => this.#arrive(row),
      state: (state) => (this.state = state),
      refused: (error) => (this.problem = error.message),
    })
  }

  /** Whether all rows are loaded, back to the opening of the account. */
  get complete(): boolean {
    return this.rows.at(-1)?.sequence === 1
  }

  async loadOlder(): Promise<void> {
    const oldest = this.rows.at(-1)
    if (oldest === undefined || this.rows.length >= LIMIT) return
    await this.#load(OLDER_ROWS, oldest.id)
  }

  close(): void {
    clearTimeout(this.#showTimer)
    this.#stop()
  }

  #after(): { after?: string } {
    const newest = this.#arrived.reduce<Transaction | undefined>(
      (last, row) => (last === undefined || row.sequence > last.sequence ? row : last),
      this.rows[0],
    )
    return newest === undefined ? {} : { after: newest.id }
  }

  #arrive(row: Transaction): void {
    this.#arrived.push(row)
    if (this.#arrived.length >= LIMIT) this.#show()
    this.#showTimer ??= setTimeout(() => this.#show(), SHOW_INTERVAL_MS)
  }

  #show(): void {
    clearTimeout(this.#showTimer)
    this.#showTimer = undefined
    this.rows = mergeRows(this.rows, this.#arrived)
    this.#arrived = []
    const gap = findGap(this.rows)
    if (gap === undefined) return
    if (gap.missing > LIMIT / 2) this.rows = cutAtGap(this.rows)
    else void this.#fill(gap.missing, gap.before)
  }

  /** A gap that the query does not fill ends the list; otherwise every further row would repeat the query. */
  async #fill(missing: number, before: string): Promise<void> {
    await this.#load(missing, before)
    if (findGap(this.rows)?.before === before) this.rows = cutAtGap(this.rows)
  }

  async #load(last: number, before: string): Promise<void> {
    try {
      this.rows = mergeRows(this.rows, await query('transactions', { iban: this.iban, last, before }))
      this.problem = ''
    } catch (error) {
      this.problem = reasonOf(error)
    }
  }
}
