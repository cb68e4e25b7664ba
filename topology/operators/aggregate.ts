/**
 * Folds the values of each key into one. Records without key or value are left out. The row's timestamp is the largest
 * of those that went into it. As in Kafka Streams, the old value of a first update is what the initializer gave.
 */
import type { KeyValueStore } from '../../state/index.ts'
import type { Change } from './change.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { changeOf, withValueAt } from './records.ts'

export interface AggregateOptions<K, V, A> {
  readonly store: string
  readonly initializer: () => A
  /** Null deletes the row. */
  readonly aggregator: (aggregate: A, value: NonNullable<V>, key: K) => A | null
}

export function aggregate<K, V, A>(options: AggregateOptions<K, V, A>): ProcessorSupplier<K, V, K, Change<A>> {
  const { initializer, aggregator } = options
  return () => {
    let context: ProcessorContext<K, Change<A>>
    let store: KeyValueStore<K, A>
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
        const oldAggregate = row === undefined ? initializer() : row.value
        const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp)
        const newAggregate = aggregator(oldAggregate, value, key)
        store.put(key, newAggregate, timestamp)
        context.forward(withValueAt(record, changeOf(newAggregate, oldAggregate), timestamp))
      },
    }
  }
}
