import type { Transaction } from '../generated/graphql.ts'

/**
 * The loaded rows of one account: newest first, each once, at most `LIMIT`. An account's rows are numbered from 1 without gaps, so the
 * numbers reveal duplicate and missing rows.
 */
export type Rows = readonly Transaction[]

/** Where rows are missing: query `missing` rows before the row `before`. */
export interface Gap {
  readonly before: string
  readonly missing: number
}

/** Twice the largest selectable row count: enough rows to filter, in bounded memory. */
export const LIMIT = 500

/** Adds rows in any order. Returns `rows` itself if none of them is new. */
export function mergeRows(rows: Rows, arrived: Rows, limit: number = LIMIT): Rows {
  const known = new Set(rows.map(({ sequence }) => sequence))
  const fresh = arrived.filter(({ sequence }) => !known.has(sequence) && known.add(sequence))
  if (fresh.length === 0) return rows
  return [...fresh, ...rows].sort((a, b) => b.sequence - a.sequence).slice(0, limit)
}

/** The newest gap between two loaded rows. */
export function findGap(rows: Rows): Gap | undefined {
  for (const [index, row] of rows.entries()) {
    const older = rows[index + 1]
    if (older !== undefined && row.sequence - older.sequence > 1) return { before: row.id, missing: row.sequence - older.sequence - 1 }
  }
  return undefined
}

/** The rows that are newer than the newest gap. */
export function cutAtGap(rows: Rows): Rows {
  const end = rows.findIndex((row, index) => row.sequence - (rows[index + 1]?.sequence ?? row.sequence) > 1)
  return end === -1 ? rows : rows.slice(0, end + 1)
}

/** The change of balance in cents, negative for a debit. */
export function changeOf({ amount, direction }: Transaction): bigint {
  return direction === 'DEBIT' ? -BigInt(amount) : BigInt(amount)
}
