import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import type { OperatorPlan } from './operator-plan.ts'
import { changeOf, withValue } from './records.ts'
import { openTableRows } from './table-rows.ts'
import type { OpenView, TableView } from './table-view.ts'

export interface TableValuesOptions<K, V, VOut> {
  /** Null: the resulting table has no such row. */
  readonly compute: (value: V, key: K) => VOut | null
  /**
   * Does not forward a change from null to null, provided that old values are known. Not applied to a versioned table, where an
   * out-of-order change may matter downstream.
   */
  readonly skipsNulls: boolean
  /** undefined: the result is not stored. */
  readonly store: string | undefined
}

/** Applies a function of value and key to each row of a table (`filter`, `mapValues`). */
export function tableValues<K, V, VOut>(
  options: TableValuesOptions<K, V, VOut>,
  { sendsOldValues, parentsSendOldValues, parentsAreVersioned }: OperatorPlan,
): ProcessorSupplier<K, Change<V>, K, Change<VOut>> {
  const { compute, skipsNulls } = options
  const knowsOldValues = sendsOldValues || (skipsNulls && parentsSendOldValues)
  const computeOrNull = (value: V | null, key: K) => (value === null ? null : (compute(value, key) ?? null))
  return (context) => {
    const rows = options.store === undefined ? undefined : openTableRows<K, VOut>(context, options.store)
    return {
      process: (record) => {
        const { key, value: change, timestamp } = record
        const newValue = computeOrNull(change.newValue, key)
        let oldValue: VOut | null = null
        if (knowsOldValues) oldValue = rows === undefined ? computeOrNull(change.oldValue, key) : (rows.get(key) ?? null)
        if (skipsNulls && knowsOldValues && !parentsAreVersioned && newValue === null && oldValue === null) return
        const put = rows?.put(key, newValue, timestamp)
        if (put === 'rejected') context.drop('expired')
        else context.forward(withValue(record, changeOf(newValue, oldValue, put === undefined ? change.isLatest : put === 'latest')))
      },
    }
  }
}

/** The view of such a table that is not stored: computes the value at each lookup. */
export function tableValuesView<K, V, VOut>(compute: (value: V, key: K) => VOut | null): (parents: readonly OpenView[]) => OpenView {
  return ([openParent]) =>
    (context) => {
      const parent = openParent?.(context) as TableView<K, V> | undefined
      const view: TableView<K, VOut> = {
        get: (key, asOf) => {
          const row = parent?.get(key, asOf)
          if (row === undefined) return undefined
          const value = compute(row.value, key)
          return value === null || value === undefined ? undefined : { value, timestamp: row.timestamp }
        },
      }
      return view
    }
}
