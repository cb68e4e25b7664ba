/** A table as an operator sees it that looks keys up: its store, or what its parents hold seen through its functions. */
import type { KeyValueStore, ValueAndTimestamp } from '../../state/index.ts'
import type { OpenView } from './logical-graph.ts'

export interface TableView<K, V> {
  get(key: K): ValueAndTimestamp<V> | undefined
}

/** The view of a table that lies in a store. */
export const viewOfStore =
  (store: string): OpenView =>
  (context) => {
    const rows = context.store<KeyValueStore<unknown, unknown>>(store)
    return { get: (key) => rows.getWithTimestamp(key) }
  }
