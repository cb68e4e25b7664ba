import type { TransactionRow } from '../../schemas/index.ts'
import type { BankReader, LastTransaction } from '../ports/bank-reader.ts'
import type { Channel } from './channel.ts'
import { Feed, type FeedEvent } from './feed.ts'

export interface LastTransactionsFeedOptions {
  readonly reader: BankReader
  readonly channel: Channel<TransactionRow>
  /** Part of an IBAN or of an owner's name; upper and lower case are the same. */
  readonly search: string | undefined
}

const FIRST = 20
/** An account's owners are asked for anew after so many of its rows. */
const OWNERS_KEPT_FOR = 100

/** The last transaction of any account. A reader who is slow gets the newest one of each account, not each one. */
export function lastTransactionsFeed({ reader, channel, search }: LastTransactionsFeedOptions): Feed<TransactionRow, LastTransaction> {
  const toldAtBegin = new Map<string, number>()
  const owners = new Map<string, { readonly names: readonly string[]; uses: number }>()
  const wanted = search?.toLowerCase()

  async function ownersOf(iban: string): Promise<readonly string[]> {
    const known = owners.get(iban)
    if (known !== undefined && ++known.uses < OWNERS_KEPT_FOR) return known.names
    const names = (await reader.account(iban))?.owners ?? []
    if (owners.size >= 1_000) owners.clear()
    owners.set(iban, { names, uses: 0 })
    return names
  }

  async function tell(row: TransactionRow): Promise<FeedEvent<LastTransaction>[]> {
    if (row.sequence <= (toldAtBegin.get(row.iban) ?? 0)) return []
    const names = await ownersOf(row.iban)
    if (wanted !== undefined && ![row.iban, ...names].some((text) => text.toLowerCase().includes(wanted))) return []
    return [{ id: row.id, value: { iban: row.iban, owners: names, transaction: row } }]
  }

  return new Feed({
    listen: (mailbox) => {
      const { recent, close } = channel.subscribe(undefined, ({ key, value, bytes }) => mailbox.put(value, bytes, key))
      return { recent: latestOfEach(recent.map(({ value }) => value)), close }
    },
    begin: async () => {
      const { rows } = await reader.lastTransactions(search, FIRST, 0)
      for (const { iban, transaction } of rows) if (transaction !== null) toldAtBegin.set(iban, transaction.sequence)
      return rows.toReversed().map((value) => ({ id: value.transaction?.id ?? value.iban, value }))
    },
    follow: tell,
  })
}

function latestOfEach(rows: readonly TransactionRow[]): readonly TransactionRow[] {
  return [...new Map(rows.map((row) => [row.iban, row])).values()]
}
