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

/** The store under a table. */
export function tableStore(materialized: Materialized, key: Serde<unknown>, value: Serde<unknown>): StoreSpec {
  const { name, persistent, changelog } = materialized
  return Stores.keyValue({
    name,
    key,
    value,
    timestamped: true,
    ...(persistent !== undefined && { persistent }),
    ...(changelog !== undefined && { changelog }),
  })
}
