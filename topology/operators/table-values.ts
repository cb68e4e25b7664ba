/**
 * Each row of a table seen through a function of value and key (`filter`, `mapValues`), stored or as a mere view. A null result
 * means that the row is not there. `skipsNulls` keeps back changes from nothing to nothing, where old values are known (not
 * behind a versioned table, where a change in the past may mean something further down).
 */
import type { Change } from './change.ts'
import type { OperatorPlan } from './operator-plan.ts'
import type { OpenView } from './table-view.ts'
import type { TableView } from './table-view.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { withValue } from './records.ts'
import { openTableRows } from './table-rows.ts'
import type { TableRows } from './table-rows.ts'

export interface TableValuesOptions<K, V, VOut> {
  readonly compute: (value: V, key: K) => VOut | null
  readonly skipsNulls: boolean
  /** undefined: nothing is stored. */
  readonly store: string | undefined
}

export function tableValues<K, V, VOut>(
  options: TableValuesOptions<K, V, VOut>,
  { sendsOldValues, parentsSendOldValues, parentsAreVersioned }: OperatorPlan,
): ProcessorSupplier<K, Change<V>, K, Change<VOut>> {
  const { compute, skipsNulls } = options
  const knowsOldValues = sendsOldValues || (skipsNulls && parentsSendOldValues)
  const through = (value: V | null, key: K) => (value === null ? null : compute(value, key))
  return () => {
    let context: ProcessorContext<K, Change<VOut>>
    let rows: TableRows<K, VOut> | undefined
    return {
      init: (given) => {
        context = given
        if (options.store !== undefined) rows = openTableRows(given, options.store)
      },
      process: (record) => {
        const { key, value: change, timestamp } = record
        const newValue = through(change.newValue, key)
        let oldValue: VOut | null = null
        if (knowsOldValues) oldValue = rows === undefined ? through(change.oldValue, key) : (rows.get(key) ?? null)
        if (skipsNulls && knowsOldValues && !parentsAreVersioned && newValue === null && oldValue === null) return
        const put = rows?.put(key, newValue, timestamp)
        if (put === 'rejected') context.drop('expired')
        else context.forward(withValue(record, { newValue, oldValue, isLatest: put === undefined ? change.isLatest : put === 'latest' }))
      },
    }
  }
}

/** How such a table is looked up where it is not stored. */
export function tableValuesView<K, V, VOut>(compute: (value: V, key: K) => VOut | null): (parents: readonly OpenView[]) => OpenView {
  return ([openParent]) =>
    (context) => {
      const parent = openParent?.(context) as TableView<K, V> | undefined
      const look: TableView<K, VOut> = {
        get: (key, asOf) => {
          const row = parent?.get(key, asOf)
          if (row === undefined) return undefined
          const value = compute(row.value, key)
          return value === null ? undefined : { value, timestamp: row.timestamp }
        },
      }
      return look
    }
}
