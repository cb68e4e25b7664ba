/** Turns a stream of upserts into a table: puts each value into the store, where there is one, and hands on the change. */
import type { Change } from './change.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { withValue } from './records.ts'
import { openTableRows } from './table-rows.ts'
import type { TableRows } from './table-rows.ts'

export interface TableSourceOptions {
  /** undefined: nothing is stored, and old values are not known. */
  readonly store: string | undefined
}

export function tableSource<K, V>(options: TableSourceOptions): ProcessorSupplier<K, V | null, K, Change<V>> {
  return () => {
    let context: ProcessorContext<K, Change<V>>
    let rows: TableRows<K, V> | undefined
    return {
      init: (given) => {
        context = given
        if (options.store !== undefined) rows = openTableRows(given, options.store)
      },
      process: (record) => {
        const { key, value, timestamp } = record
        if (key === null) {
          context.drop('null-key')
          return
        }
        const oldValue = rows?.get(key) ?? null
        const put = rows === undefined ? 'latest' : rows.put(key, value, timestamp)
        if (put === 'rejected') context.drop('expired')
        else context.forward(withValue(record, { newValue: value, oldValue, isLatest: put === 'latest' }))
      },
    }
  }
}
