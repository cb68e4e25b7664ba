/** Turns a stream of upserts into a table: puts each value into the store, where there is one, and hands on the change. */
import type { KeyValueStore } from '../../state/index.ts'
import type { Change } from '../graph/change.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { changeOf, withValue } from './records.ts'

export interface TableSourceOptions {
  /** undefined: nothing is stored, and old values are not known. */
  readonly store: string | undefined
}

export function tableSource<K, V>(options: TableSourceOptions): ProcessorSupplier<K, V | null, K, Change<V>> {
  return () => {
    let context: ProcessorContext<K, Change<V>>
    let store: KeyValueStore<K, V> | undefined
    return {
      init: (given) => {
        context = given
        if (options.store !== undefined) store = given.store(options.store)
      },
      process: (record) => {
        const { key, value, timestamp } = record
        if (key === null) {
          context.drop('null-key')
          return
        }
        const oldValue = store?.get(key) ?? null
        store?.put(key, value, timestamp)
        context.forward(withValue(record, changeOf(value, oldValue)))
      },
    }
  }
}
