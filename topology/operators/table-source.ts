import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import { changeOf, withValue } from './records.ts'
import { openTableRows } from './table-rows.ts'

export interface TableSourceOptions {
  /** undefined: the table is not stored, and old values are unknown. */
  readonly store: string | undefined
}

/** Turns a stream of upserts into a table: puts each value into the store, if there is one, and forwards the change. */
export function tableSource<K, V>(options: TableSourceOptions): ProcessorSupplier<K, V | null, K, Change<V>> {
  return (context) => {
    const rows = options.store === undefined ? undefined : openTableRows<K, V>(context, options.store)
    return {
      process: (record) => {
        const { key, value, timestamp } = record
        if (key === null) {
          context.drop('null-key')
          return
        }
        const oldValue = rows?.get(key) ?? null
        const put = rows === undefined ? 'latest' : rows.put(key, value, timestamp)
        if (put === 'rejected') context.drop('expired')
        else context.forward(withValue(record, changeOf(value, oldValue, put === 'latest')))
      },
    }
  }
}
