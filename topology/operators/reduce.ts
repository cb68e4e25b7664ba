import type { KeyValueStore } from '../../state/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import type { OperatorPlan } from './operator-plan.ts'
import { changeOf, withValueAt } from './records.ts'
import { valueBefore } from './value-before.ts'

export interface ReduceOptions<V> {
  readonly store: string
  /** May change the aggregate in place and return it. Null deletes the row. */
  readonly reducer: (aggregate: NonNullable<V>, value: NonNullable<V>) => NonNullable<V> | null
}

/** Folds the values of each key into one of the same type, starting with the first value; otherwise like `aggregate`. */
export function reduce<K, V>(
  options: ReduceOptions<V>,
  { oldValuesAreUsed }: Pick<OperatorPlan, 'oldValuesAreUsed'>,
): ProcessorSupplier<K, V, K, Change<NonNullable<V>>> {
  const { reducer } = options
  return (context) => {
    const store = context.store<KeyValueStore<K, NonNullable<V>>>(options.store)
    return {
      process: (record) => {
        const { key, value } = record
        if (key === null || value === null || value === undefined) {
          context.drop(key === null ? 'null-key' : 'null-value')
          return
        }
        const row = store.getWithTimestamp(key)
        const oldValue = row === undefined || !oldValuesAreUsed ? null : valueBefore(row.value, () => store.get(key) ?? row.value)
        const newValue = row === undefined ? value : reducer(row.value, value)
        const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp)
        store.put(key, newValue, timestamp)
        context.forward(withValueAt(record, changeOf(newValue, oldValue), timestamp))
      },
    }
  }
}
