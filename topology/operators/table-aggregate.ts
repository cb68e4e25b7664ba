import type { KeyValueStore } from '../../state/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import type { OperatorPlan } from './operator-plan.ts'
import { changeOf, withValueAt } from './records.ts'
import { valueBefore } from './value-before.ts'

export interface TableAggregateOptions<K, V, A> {
  readonly store: string
  /** Adds a value; `aggregate` is null if the key has no row yet. */
  readonly add: (aggregate: A | null, value: V, key: K) => A | null
  readonly subtract: (aggregate: A, value: V, key: K) => A | null
}

/**
 * Folds the rows of a regrouped table: subtracts the old value of a row from the aggregate, then adds the new one. Both functions may change the
 * aggregate in place and return it.
 */
export function tableAggregate<K, V, A>(
  options: TableAggregateOptions<K, V, A>,
  { oldValuesAreUsed }: Pick<OperatorPlan, 'oldValuesAreUsed'>,
): ProcessorSupplier<K, Change<V>, K, Change<A>> {
  const { add, subtract } = options
  return (context) => {
    const store = context.store<KeyValueStore<K, A>>(options.store)
    return {
      process: (record) => {
        const { key, value: change } = record
        const row = store.getWithTimestamp(key)
        const oldAggregate = row === undefined || !oldValuesAreUsed ? null : valueBefore(row.value, () => store.get(key) ?? row.value)
        const subtracts = row !== undefined && change.oldValue !== null
        let aggregate: A | null = row === undefined ? null : row.value
        if (row !== undefined && change.oldValue !== null) aggregate = subtract(row.value, change.oldValue, key) ?? null
        if (change.newValue !== null) aggregate = add(aggregate, change.newValue, key) ?? null
        const updatesRow = row !== undefined && (subtracts || change.newValue !== null)
        const timestamp = updatesRow ? Math.max(record.timestamp, row.timestamp) : record.timestamp
        store.put(key, aggregate, timestamp)
        context.forward(withValueAt(record, changeOf(aggregate, oldAggregate), timestamp))
      },
    }
  }
}
