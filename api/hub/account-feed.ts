import type { Direction, TransactionRow } from '../../schemas/index.ts'
import type { Timers } from '../../topology/index.ts'
import type { BankReader } from '../ports/bank-reader.ts'
import type { Channel } from './channel.ts'
import { Feed, type FeedEvent } from './feed.ts'
import { ResynchroniseError } from './mailbox.ts'

export interface AccountFeedOptions {
  readonly reader: BankReader
  readonly channel: Channel<TransactionRow>
  readonly timers: Timers
  readonly iban: string
  readonly filter: RowFilter
  /** The feed begins with up to this many of the newest rows. */
  readonly last: number
  /** Id of the last row that the subscriber has: the feed begins with the next one. An unknown id counts as undefined. */
  readonly after: string | undefined
  isAllowed(): Promise<boolean>
}

/** An undefined property matches every row. */
export interface RowFilter {
  readonly minAmount: bigint | undefined
  readonly maxAmount: bigint | undefined
  readonly direction: Direction | undefined
  /** Case-insensitive. */
  readonly descriptionIncludes: string | undefined
}

/** A subscriber that missed more rows than this begins with the newest instead. */
const MAX_MISSED = 1_000
/** The search for rows that match the filter ends after this many rows. */
const MAX_SEARCHED = 1_000
const PAGE = 250
const FILL_ATTEMPTS = 40
const FILL_RETRY_MS = 25

/**
 * The rows of one account. Their sequence numbers have no gaps (DECISIONS 25), so the feed drops duplicates and reads missing rows from
 * the store.
 */
export function accountFeed(options: AccountFeedOptions): Feed<TransactionRow, TransactionRow> {
  const { reader, channel, iban, filter, last, after, timers } = options
  let sequence = 0

  async function begin(): Promise<readonly TransactionRow[]> {
    const known = after === undefined ? undefined : await reader.transaction(after)
    const newest = (await reader.transactions(iban, 1))[0]
    sequence = newest?.sequence ?? 0
    if (newest === undefined) return []
    const missed = known?.iban === iban ? newest.sequence - known.sequence : undefined
    if (missed === undefined || missed > MAX_MISSED) return newestRows(newest)
    if (missed <= 0) {
      sequence = known?.sequence ?? sequence
      return []
    }
    return (await olderRows(newest, missed)).toReversed()
  }

  /** Oldest first. */
  async function newestRows(newest: TransactionRow): Promise<readonly TransactionRow[]> {
    const found: TransactionRow[] = []
    let oldest = newest
    for (let page = [newest], searched = 1; page.length > 0 && found.length < last; searched += page.length) {
      found.push(...page.filter((row) => matches(row, filter)))
      oldest = page.at(-1) ?? oldest
      page = searched < MAX_SEARCHED ? [...(await reader.transactions(iban, PAGE, oldest.id))] : []
    }
    return found.slice(0, last).toReversed()
  }

  /** `count` rows, newest first, beginning with `newest` itself. */
  async function olderRows(newest: TransactionRow, count: number): Promise<readonly TransactionRow[]> {
    return [newest, ...(count > 1 ? await reader.transactions(iban, count - 1, newest.id) : [])]
  }

  async function follow(row: TransactionRow): Promise<readonly TransactionRow[]> {
    if (row.sequence <= sequence) return []
    const rows = row.sequence === sequence + 1 ? [row] : await fill(row)
    sequence = row.sequence
    return rows
  }

  /** The rows after `sequence` up to this one, oldest first. Retries, because the store can lag behind the topic. */
  async function fill(row: TransactionRow): Promise<readonly TransactionRow[]> {
    const missing = row.sequence - sequence
    for (let attempt = 0; missing <= MAX_MISSED && attempt < FILL_ATTEMPTS; attempt++) {
      const rows = await olderRows(row, missing)
      if (rows.length === missing && rows.at(-1)?.sequence === sequence + 1) return rows.toReversed()
      await timers.sleep(FILL_RETRY_MS)
    }
    throw new ResynchroniseError()
  }

  const eventsOf = (rows: readonly TransactionRow[]): FeedEvent<TransactionRow>[] =>
    rows.filter((row) => matches(row, filter)).map((row) => ({ id: row.id, value: row }))

  return new Feed({
    listen: (mailbox) => {
      const { recent, close } = channel.subscribe(iban, ({ value, bytes }) => mailbox.put(value, bytes))
      return { recent: recent.map(({ value }) => value), close }
    },
    begin: async () => eventsOf(await begin()),
    follow: async (row) => eventsOf(await follow(row)),
    isAllowed: () => options.isAllowed(),
  })
}

function matches(row: TransactionRow, { minAmount, maxAmount, direction, descriptionIncludes }: RowFilter): boolean {
  return (
    (minAmount === undefined || row.amount >= minAmount) &&
    (maxAmount === undefined || row.amount <= maxAmount) &&
    (direction === undefined || row.direction === direction) &&
    (descriptionIncludes === undefined || row.description.toLowerCase().includes(descriptionIncludes.toLowerCase()))
  )
}
