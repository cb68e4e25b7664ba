import { Stores } from '../../state/index.ts'
import type { Compression, Serde, StoreSpec } from '../../state/index.ts'

/** How the result of an operator is stored. The store and its changelog topic are named after `name`. */
export interface Materialized {
  readonly name: string
  /** false: rows are kept in memory and restored from the changelog. Default true. */
  readonly persistent?: boolean
  /** Additional settings of the changelog topic, or false for no changelog. */
  readonly changelog?: false | Readonly<Record<string, string>>
  /** How batches for the changelog are compressed. Default: `StreamsOptions.compression`. */
  readonly compression?: Compression
}

export interface TableOptions<K, V> extends Materialized {
  /** Needed if the stream has no serde for its keys, as after an operator that makes new ones. */
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

export interface Versioned {
  /**
   * Keeps every version of the last `historyMs` milliseconds: joins with streams see the row that was valid at the record's
   * time, and out-of-order changes are distinguished from the latest.
   */
  readonly historyMs?: number
}

/** The spec of a table's store. */
export function tableStore(materialized: Materialized & Versioned, key: Serde<unknown>, value: Serde<unknown>): StoreSpec {
  const { name, persistent, changelog, compression, historyMs } = materialized
  const options = {
    name,
    key,
    value,
    ...(persistent !== undefined && { persistent }),
    ...(changelog !== undefined && { changelog }),
    ...(compression !== undefined && { compression }),
  }
  return historyMs === undefined ? Stores.keyValue({ ...options, timestamped: true }) : Stores.versioned({ ...options, historyMs })
}
