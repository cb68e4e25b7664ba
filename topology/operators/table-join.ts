import type { ProcessorContext, ProcessorSupplier, Record } from '../processor.ts'
import { withValue } from './records.ts'
import type { OpenView, TableView } from './table-view.ts'

export interface TableJoinOptions<K, V, KRow, VTable, VOut> {
  readonly type: 'inner' | 'left'
  readonly keyOf: (value: V, key: K) => KRow | null
  readonly joiner: (value: NonNullable<V>, row: VTable | null, key: K) => VOut
  readonly view: OpenView | undefined
}

export type JoinRecord<K, V> = (record: Record<K, V>) => void

/**
 * Looks each record up in a table when the record arrives. Drops records without a value and, in an inner join, those without a
 * lookup key.
 */
export function tableJoin<K, V, KRow, VTable, VOut>(options: TableJoinOptions<K, V, KRow, VTable, VOut>): ProcessorSupplier<K, V, K, VOut> {
  return (context) => ({ process: openTableJoin(options, context) })
}

/** Opens the table's view and returns the function that joins one record. */
export function openTableJoin<K, V, KRow, VTable, VOut>(
  { type, keyOf, joiner, view }: TableJoinOptions<K, V, KRow, VTable, VOut>,
  context: ProcessorContext<K, VOut>,
): JoinRecord<K, V> {
  if (view === undefined) throw new Error('A stream–table join was planned without a view of its table.')
  const table = view(context) as TableView<KRow, VTable>
  return (record) => {
    const { key, value } = record
    if (value === null || value === undefined) {
      context.drop('null-value')
      return
    }
    const rowKey = keyOf(value, key) ?? null
    if (rowKey === null && type === 'inner') {
      context.drop('null-key')
      return
    }
    const row = rowKey === null ? undefined : table.get(rowKey, record.timestamp)
    if (row !== undefined) context.forward(withValue(record, joiner(value, row.value, key)))
    else if (type === 'left') context.forward(withValue(record, joiner(value, null, key)))
  }
}
