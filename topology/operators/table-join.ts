/**
 * Looks each record up in a table at the moment it comes. Records without a value are left out, and so are those without a key
 * to look up, except in a left join.
 */
import type { OpenView } from './table-view.ts'
import type { TableView } from './table-view.ts'
import type { ProcessorContext, ProcessorSupplier, Record } from '../processor.ts'
import { withValue } from './records.ts'

export interface TableJoinOptions<K, V, KRow, VTable, VOut> {
  readonly type: 'inner' | 'left'
  readonly keyOf: (value: V, key: K) => KRow | null
  readonly joiner: (value: NonNullable<V>, row: VTable | null, key: K) => VOut
  readonly view: OpenView | undefined
}

export type JoinRecord<K, V> = (record: Record<K, V>) => void

export function tableJoin<K, V, KRow, VTable, VOut>(options: TableJoinOptions<K, V, KRow, VTable, VOut>): ProcessorSupplier<K, V, K, VOut> {
  return () => {
    let join: JoinRecord<K, V>
    return {
      init: (context) => {
        join = openTableJoin(options, context)
      },
      process: (record) => join(record),
    }
  }
}

/** The join of one task, record by record. */
export function openTableJoin<K, V, KRow, VTable, VOut>(
  { type, keyOf, joiner, view }: TableJoinOptions<K, V, KRow, VTable, VOut>,
  context: ProcessorContext<K, VOut>,
): JoinRecord<K, V> {
  if (view === undefined) throw new Error('a join with a table needs a view of it')
  const table = view(context) as TableView<KRow, VTable>
  return (record) => {
    const { key, value } = record
    if (value === null || value === undefined) {
      context.drop('null-value')
      return
    }
    const rowKey = keyOf(value, key)
    if (rowKey === null && type === 'inner') {
      context.drop('null-key')
      return
    }
    const row = rowKey === null ? undefined : table.get(rowKey, record.timestamp)
    if (row !== undefined) context.forward(withValue(record, joiner(value, row.value, key)))
    else if (type === 'left') context.forward(withValue(record, joiner(value, null, key)))
  }
}
