import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import type { OperatorPlan } from './operator-plan.ts'
import { changeOf, withValue, withValueAt } from './records.ts'
import { openTableRows } from './table-rows.ts'
import type { OpenView, TableView } from './table-view.ts'

export interface TableJoinSideOptions<K, VOwn, VOther, VOut> {
  readonly joiner: (own: VOwn | null, other: VOther | null, key: K) => VOut | null
  /** A row of this side joins without a partner. */
  readonly joinsAlone: boolean
  /** A row of the other side joins without a partner. */
  readonly otherJoinsAlone: boolean
}

/** One side of a join of two tables: a change on it looks up the other side's row with the same key. */
export function tableJoinSide<K, VOwn, VOther, VOut>(
  options: TableJoinSideOptions<K, VOwn, VOther, VOut>,
  { sendsOldValues, views }: OperatorPlan,
): ProcessorSupplier<K, Change<VOwn>, K, Change<VOut>> {
  const { joiner, joinsAlone, otherJoinsAlone } = options
  const [view] = views
  const joined = (own: VOwn | null, other: VOther | null, key: K) =>
    (own === null && (other === null || !otherJoinsAlone)) || (other === null && !joinsAlone) ? null : joiner(own, other, key)
  return (context) => {
    if (view === undefined) throw new Error('A table–table join was planned without a view of the other table.')
    const table = view(context) as TableView<K, VOther>
    return {
      process: (record) => {
        const { key, value: change, timestamp } = record
        if (!change.isLatest) {
          context.drop('out-of-order')
          return
        }
        const row = table.get(key)
        if (row === undefined && (!joinsAlone || (change.newValue === null && change.oldValue === null))) return
        const other = row === undefined ? null : row.value
        const oldResult = sendsOldValues ? joined(change.oldValue, other, key) : null
        const result = changeOf(joined(change.newValue, other, key), oldResult, change.isLatest)
        context.forward(withValueAt(record, result, row === undefined ? timestamp : Math.max(timestamp, row.timestamp)))
      },
    }
  }
}

/** Follows both sides: puts the result into its store, if it has one. */
export function tableJoinResult<K, V>(storeName: string | undefined): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  return (context) => {
    const rows = storeName === undefined ? undefined : openTableRows<K, V>(context, storeName)
    return {
      process: (record) => {
        const { key, value: change, timestamp } = record
        const put = rows?.put(key, change.newValue, timestamp)
        if (put === undefined) context.forward(record)
        else if (put === 'rejected') context.drop('expired')
        else context.forward(withValue(record, changeOf(change.newValue, change.oldValue, put === 'latest')))
      },
    }
  }
}

/** The view of a join that is not stored: joins both rows at each lookup. */
export function tableJoinView<K, VLeft, VRight, VOut>(
  { joiner, joinsAlone, otherJoinsAlone }: TableJoinSideOptions<K, VLeft, VRight, VOut>,
  [openLeft, openRight]: readonly OpenView[],
): OpenView {
  return (context) => {
    const left = openLeft?.(context) as TableView<K, VLeft> | undefined
    const right = openRight?.(context) as TableView<K, VRight> | undefined
    const view: TableView<K, VOut> = {
      get: (key) => {
        const [own, other] = [left?.get(key), right?.get(key)]
        if ((own === undefined && (other === undefined || !otherJoinsAlone)) || (other === undefined && !joinsAlone)) return undefined
        const value = joiner(own?.value ?? null, other?.value ?? null, key)
        return value === null || value === undefined
          ? undefined
          : { value, timestamp: Math.max(own?.timestamp ?? -1, other?.timestamp ?? -1) }
      },
    }
    return view
  }
}
