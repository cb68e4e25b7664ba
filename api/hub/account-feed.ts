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
  /** How many rows it begins with. */
  readonly last: number
  /** Id of the last row that the subscriber has: it begins with the next one. An id that is not known (any more) counts as none. */
  readonly after: string | undefined
  isAllowed(): Promise<boolean>
}

/** Undefined: whatever it is. */
export interface RowFilter {
  readonly minAmount: bigint | undefined
  readonly maxAmount: bigint | undefined
  readonly direction: Direction | undefined
  /** Upper and lower case are the same. */
  readonly descriptionIncludes: string | undefined
}

/** Who was away for more rows than this begins anew with the newest. */
const MOST_MISSED = 1_000
/** How far back rows that pass the filter are looked for. */
const LOOKED_THROUGH = 1_000
const PAGE = 250
const FILL_ATTEMPTS = 40
const FILL_RETRY_MS = 25

/**
 * The rows of one account. Their sequence has no gaps, so a row that came twice and a row that is missing both show; a missing one is
 * asked for.
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
    if (missed === undefined || missed > MOST_MISSED) return newestRows(newest)
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
    for (let page = [newest], seen = 1; page.length > 0 && found.length < last; seen += page.length) {
      found.push(...page.filter((row) => passes(row, filter)))
      oldest = page.at(-1) ?? oldest
      page = seen < LOOKED_THROUGH ? [...(await reader.transactions(iban, PAGE, oldest.id))] : []
    }
    return found.slice(0, last).toReversed()
  }

  /** So many rows down from this one, itself among them, newest first. */
  async function olderRows(newest: TransactionRow, count: number): Promise<readonly TransactionRow[]> {
    return [newest, ...(count > 1 ? await reader.transactions(iban, count - 1, newest.id) : [])]
  }

  async function follow(row: TransactionRow): Promise<readonly TransactionRow[]> {
    if (row.sequence <= sequence) return []
    const rows = row.sequence === sequence + 1 ? [row] : await fill(row)
    sequence = row.sequence
    return rows
  }

  /** All rows up to this one, oldest first. The store may be a little behind the topic. */
  async function fill(row: TransactionRow): Promise<readonly TransactionRow[]> {
    const missing = row.sequence - sequence
    for (let attempt = 0; missing <= MOST_MISSED && attempt < FILL_ATTEMPTS; attempt++) {
      const rows = await olderRows(row, missing)
      if (rows.length === missing && rows.at(-1)?.sequence === sequence + 1) return rows.toReversed()
      await timers.sleep(FILL_RETRY_MS)
    }
    throw new ResynchroniseError()
  }

  const eventsOf = (rows: readonly TransactionRow[]): FeedEvent<TransactionRow>[] =>
    rows.filter((row) => passes(row, filter)).map((row) => ({ id: row.id, value: row }))

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

function passes(row: TransactionRow, { minAmount, maxAmount, direction, descriptionIncludes }: RowFilter): boolean {
  return (
    (minAmount === undefined || row.amount >= minAmount) &&
    (maxAmount === undefined || row.amount <= maxAmount) &&
    (direction === undefined || row.direction === direction) &&
    (descriptionIncludes === undefined || row.description.toLowerCase().includes(descriptionIncludes.toLowerCase()))
  )
}
