/**
 * The rows of one account as the page holds them: newest first, each once, at most `LIMIT`. An account's rows are numbered from 1
 * without a gap, so both a row that came twice and a row that did not come show themselves.
 */
import type { Transaction } from '../generated/graphql.ts'

export type Rows = readonly Transaction[]

/** The neighbours of missing rows: ask for `missing` rows before `before`. */
export interface Gap {
  readonly before: string
  readonly missing: number
}

/** Twice the largest page of rows, so that filters have something to look through and memory stays bounded. */
export const LIMIT = 500

/** Rows in any order, from a stream, a query or both. Returns `rows` itself when nothing is new. */
export function mergeRows(rows: Rows, arrived: Rows, limit: number = LIMIT): Rows {
  const known = new Set(rows.map(({ sequence }) => sequence))
  const fresh = arrived.filter(({ sequence }) => !known.has(sequence) && known.add(sequence))
  if (fresh.length === 0) return rows
  return [...fresh, ...rows].sort((a, b) => b.sequence - a.sequence).slice(0, limit)
}

/** The newest place where rows are missing between two that are there. */
export function findGap(rows: Rows): Gap | undefined {
  for (const [index, row] of rows.entries()) {
    const older = rows[index + 1]
    if (older !== undefined && row.sequence - older.sequence > 1) return { before: row.id, missing: row.sequence - older.sequence - 1 }
  }
  return undefined
}

/** Without what lies behind the newest gap: for a gap too wide to be worth filling. */
export function cutAtGap(rows: Rows): Rows {
  const end = rows.findIndex((row, index) => row.sequence - (rows[index + 1]?.sequence ?? row.sequence) > 1)
  return end === -1 ? rows : rows.slice(0, end + 1)
}

/** What the row did to the balance. */
export function changeOf({ amount, direction }: Transaction): bigint {
  return direction === 'DEBIT' ? -BigInt(amount) : BigInt(amount)
}
