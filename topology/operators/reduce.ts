/** Folds the values of each key into one of the same type, beginning with the first; otherwise as `aggregate`. */
import type { KeyValueStore } from '../../state/index.ts'
import type { Change } from './change.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { changeOf, withValueAt } from './records.ts'

export interface ReduceOptions<V> {
  readonly store: string
  readonly reducer: (aggregate: NonNullable<V>, value: NonNullable<V>) => NonNullable<V> | null
}

export function reduce<K, V>(options: ReduceOptions<V>): ProcessorSupplier<K, V, K, Change<NonNullable<V>>> {
  return () => {
    let context: ProcessorContext<K, Change<NonNullable<V>>>
    let store: KeyValueStore<K, NonNullable<V>>
    return {
      init: (given) => {
        context = given
        store = given.store(options.store)
      },
      process: (record) => {
        const { key, value } = record
        if (key === null || value === null || value === undefined) {
          context.drop(key === null ? 'null-key' : 'null-value')
          return
        }
        const row = store.getWithTimestamp(key)
        const newValue = row === undefined ? value : options.reducer(row.value, value)
        const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp)
        store.put(key, newValue, timestamp)
        context.forward(withValueAt(record, changeOf(newValue, row === undefined ? null : row.value), timestamp))
      },
    }
  }
}
