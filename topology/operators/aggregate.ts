import type { KeyValueStore, ValueAndTimestamp } from '../../state/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import type { OperatorPlan } from './operator-plan.ts'
import { changeOf, withValueAt } from './records.ts'
import { valueBefore } from './value-before.ts'

export interface AggregateOptions<K, V, A> {
  readonly store: string
  readonly initializer: () => A
  /** May change the aggregate in place and return it. Null deletes the row. */
  readonly aggregator: (aggregate: A, value: NonNullable<V>, key: K) => A | null
}

/**
 * Folds the values of each key into one aggregate. Records without a key or value are dropped. A row carries the largest
 * timestamp of the records folded into it. As in Kafka Streams, the old value of a row's first change is the initializer's.
 */
export function aggregate<K, V, A>(
  options: AggregateOptions<K, V, A>,
  { oldValuesAreUsed }: Pick<OperatorPlan, 'oldValuesAreUsed'>,
): ProcessorSupplier<K, V, K, Change<A>> {
  const { initializer, aggregator } = options
  return (context) => {
    const store = context.store<KeyValueStore<K, A>>(options.store)
    const again = (key: K, row: ValueAndTimestamp<A>): A => store.get(key) ?? row.value
    return {
      process: (record) => {
        const { key, value } = record
        if (key === null || value === null || value === undefined) {
          context.drop(key === null ? 'null-key' : 'null-value')
          return
        }
        const row = store.getWithTimestamp(key)
        const aggregate = row === undefined ? initializer() : row.value
        const oldAggregate = oldValuesAreUsed ? valueBefore(aggregate, () => (row === undefined ? initializer() : again(key, row))) : null
        const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp)
        const newAggregate = aggregator(aggregate, value, key)
        store.put(key, newAggregate, timestamp)
        context.forward(withValueAt(record, changeOf(newAggregate, oldAggregate), timestamp))
      },
    }
  }
}
