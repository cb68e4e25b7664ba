/** Folds the rows of a regrouped table: takes the old value of a row out of the aggregate, then puts the new one in. */
import type { KeyValueStore } from '../../state/index.ts'
import type { Change } from './change.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { changeOf, withValueAt } from './records.ts'

export interface TableAggregateOptions<K, V, A> {
  readonly store: string
  /** Puts a value in; `aggregate` is null where there is no row yet. */
  readonly add: (aggregate: A | null, value: V, key: K) => A | null
  readonly subtract: (aggregate: A, value: V, key: K) => A | null
}

export function tableAggregate<K, V, A>(options: TableAggregateOptions<K, V, A>): ProcessorSupplier<K, Change<V>, K, Change<A>> {
  const { add, subtract } = options
  return () => {
    let context: ProcessorContext<K, Change<A>>
    let store: KeyValueStore<K, A>
    return {
      init: (given) => {
        context = given
        store = given.store(options.store)
      },
      process: (record) => {
        const { key, value: change } = record
        const row = store.getWithTimestamp(key)
        const removes = row !== undefined && change.oldValue !== null
        let aggregate: A | null = row === undefined ? null : row.value
        if (row !== undefined && change.oldValue !== null) aggregate = subtract(row.value, change.oldValue, key)
        if (change.newValue !== null) aggregate = add(aggregate, change.newValue, key)
        const touched = row !== undefined && (removes || change.newValue !== null)
        const timestamp = touched ? Math.max(record.timestamp, row.timestamp) : record.timestamp
        store.put(key, aggregate, timestamp)
        context.forward(withValueAt(record, changeOf(aggregate, row === undefined ? null : row.value), timestamp))
      },
    }
  }
}
