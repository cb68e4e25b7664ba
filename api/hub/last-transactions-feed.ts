import type { LastTransaction } from '../../processors/index.ts'
import type { TransactionRow } from '../../schemas/index.ts'
import type { BankReader } from '../ports/bank-reader.ts'
import type { Channel } from './channel.ts'
import { Feed, type FeedEvent } from './feed.ts'

export interface LastTransactionsFeedOptions {
  readonly reader: BankReader
  readonly channel: Channel<TransactionRow>
  /** Part of an IBAN or of an owner's name, case-insensitive. */
  readonly search: string | undefined
}

const FIRST = 20
/** The owners of an account are read again after this many of its rows. */
const OWNERS_CACHED_FOR = 100

/** The last transaction of every account. A slow reader gets the newest of each account and skips those in between. */
export function lastTransactionsFeed({ reader, channel, search }: LastTransactionsFeedOptions): Feed<TransactionRow, LastTransaction> {
  const firstSequences = new Map<string, number>()
  const owners = new Map<string, { readonly names: readonly string[]; uses: number }>()
  const searched = search?.toLowerCase()

  async function ownersOf(iban: string): Promise<readonly string[]> {
    const known = owners.get(iban)
    if (known !== undefined && ++known.uses < OWNERS_CACHED_FOR) return known.names
    const names = (await reader.account(iban))?.owners ?? []
    if (owners.size >= 1_000) owners.clear()
    owners.set(iban, { names, uses: 0 })
    return names
  }

  async function eventsOf(row: TransactionRow): Promise<FeedEvent<LastTransaction>[]> {
    if (row.sequence <= (firstSequences.get(row.iban) ?? 0)) return []
    const names = await ownersOf(row.iban)
    if (searched !== undefined && ![row.iban, ...names].some((text) => text.toLowerCase().includes(searched))) return []
    return [{ id: row.id, value: { iban: row.iban, owners: names, transaction: row } }]
  }

  return new Feed({
    listen: (mailbox) => {
      const { recent, close } = channel.subscribe(undefined, ({ key, value, bytes }) => mailbox.put(value, bytes, key))
      return { recent: latestOfEach(recent.map(({ value }) => value)), close }
    },
    begin: async () => {
      const { rows } = await reader.lastTransactions(search, FIRST, 0)
      for (const { iban, transaction } of rows) if (transaction !== null) firstSequences.set(iban, transaction.sequence)
      return rows.toReversed().map((value) => ({ id: value.transaction?.id ?? value.iban, value }))
    },
    follow: eventsOf,
  })
}

function latestOfEach(rows: readonly TransactionRow[]): readonly TransactionRow[] {
  return [...new Map(rows.map((row) => [row.iban, row])).values()]
}
