/** How the result of an operator is stored. The name is the developer's: store and changelog topic are called after it. */
import type { Serde, StoreSpec } from '../../state/index.ts'
import { Stores } from '../../state/index.ts'

export interface Materialized {
  readonly name: string
  /** false: rows are kept in memory and come back from the changelog. Default true. */
  readonly persistent?: boolean
  /** Settings added to the changelog topic's, or false for no changelog. */
  readonly changelog?: false | Readonly<Record<string, string>>
}

export interface TableOptions<K, V> extends Materialized {
  /** Needed where the stream does not carry it (behind an operator that made new keys). */
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

export interface Versioned {
  /**
   * Keeps every value of the last so many milliseconds: joins with streams see the row that was valid at the record's
   * time, and changes in the past are told apart from the latest.
   */
  readonly historyMs?: number
}

/** The store under a table. */
export function tableStore(materialized: Materialized & Versioned, key: Serde<unknown>, value: Serde<unknown>): StoreSpec {
  const { name, persistent, changelog, historyMs } = materialized
  const options = { name, key, value, ...(persistent !== undefined && { persistent }), ...(changelog !== undefined && { changelog }) }
  return historyMs === undefined ? Stores.keyValue({ ...options, timestamped: true }) : Stores.versioned({ ...options, historyMs })
}
