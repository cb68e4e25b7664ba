/**
 * Joins of two tables by key: a change on either side looks the other side's row up. One processor per side, and one behind both
 * that stores the result or merely hands it on.
 */
import type { Change } from './change.ts'
import type { OperatorPlan } from './operator-plan.ts'
import type { OpenView } from './table-view.ts'
import type { TableView } from './table-view.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { withValue, withValueAt } from './records.ts'
import { openTableRows } from './table-rows.ts'
import type { TableRows } from './table-rows.ts'

export interface TableJoinSideOptions<K, VOwn, VOther, VOut> {
  readonly joiner: (own: VOwn | null, other: VOther | null, key: K) => VOut | null
  /** A row of this side counts without one on the other. */
  readonly standsAlone: boolean
  /** A row of the other side counts without one on this. */
  readonly otherStandsAlone: boolean
}

export function tableJoinSide<K, VOwn, VOther, VOut>(
  options: TableJoinSideOptions<K, VOwn, VOther, VOut>,
  { sendsOldValues, views }: OperatorPlan,
): ProcessorSupplier<K, Change<VOwn>, K, Change<VOut>> {
  const { joiner, standsAlone, otherStandsAlone } = options
  const [view] = views
  const joined = (own: VOwn | null, other: VOther | null, key: K) =>
    (own === null && (other === null || !otherStandsAlone)) || (other === null && !standsAlone) ? null : joiner(own, other, key)
  return () => {
    let context: ProcessorContext<K, Change<VOut>>
    let table: TableView<K, VOther>
    return {
      init: (given) => {
        if (view === undefined) throw new Error('a join of tables needs a view of the other one')
        context = given
        table = view(given) as TableView<K, VOther>
      },
      process: (record) => {
        const { key, value: change, timestamp } = record
        if (!change.isLatest) {
          context.drop('out-of-order')
          return
        }
        const row = table.get(key)
        if (row === undefined && (!standsAlone || (change.newValue === null && change.oldValue === null))) return
        const other = row === undefined ? null : row.value
        const result: Change<VOut> = {
          newValue: joined(change.newValue, other, key),
          oldValue: sendsOldValues ? joined(change.oldValue, other, key) : null,
          isLatest: change.isLatest,
        }
        context.forward(withValueAt(record, result, row === undefined ? timestamp : Math.max(timestamp, row.timestamp)))
      },
    }
  }
}

/** Behind both sides: puts the result into its store, where there is one. */
export function tableJoinResult<K, V>(storeName: string | undefined): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return () => {
    let context: ProcessorContext<K, Change<V>>
    let rows: TableRows<K, V> | undefined
    return {
      init: (given) => {
        context = given
        if (storeName !== undefined) rows = openTableRows(given, storeName)
      },
      process: (record) => {
        const { key, value: change, timestamp } = record
        const put = rows?.put(key, change.newValue, timestamp)
        if (put === undefined) context.forward(record)
        else if (put === 'rejected') context.drop('expired')
        else context.forward(withValue(record, { ...change, isLatest: put === 'latest' }))
      },
    }
  }
}

/** How the join is looked up where it is not stored: both rows, joined anew. */
export function tableJoinView<K, VLeft, VRight, VOut>(
  { joiner, standsAlone, otherStandsAlone }: TableJoinSideOptions<K, VLeft, VRight, VOut>,
  [openLeft, openRight]: readonly OpenView[],
): OpenView {
  return (context) => {
    const left = openLeft?.(context) as TableView<K, VLeft> | undefined
    const right = openRight?.(context) as TableView<K, VRight> | undefined
    const look: TableView<K, VOut> = {
      get: (key) => {
        const [own, other] = [left?.get(key), right?.get(key)]
        if ((own === undefined && (other === undefined || !otherStandsAlone)) || (other === undefined && !standsAlone)) return undefined
        const value = joiner(own?.value ?? null, other?.value ?? null, key)
        return value === null ? undefined : { value, timestamp: Math.max(own?.timestamp ?? -1, other?.timestamp ?? -1) }
      },
    }
    return look
  }
}
