import type { Serde, StateStore, TimeOrderedBuffer, Windowed } from '../../state/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import { SuppressBuffer } from './suppress-buffer.ts'
import type { SuppressRule } from './suppress-rule.ts'
import type { Suppressed } from './suppressed-serde.ts'
import type { OpenView, TableView } from './table-view.ts'

export interface SuppressOptions<K> {
  readonly store: string
  readonly keySerde: Serde<K>
  readonly rule: SuppressRule
  /** How long after their end the table's windows accept records; 0 for a table without windows. */
  readonly graceMs: number
}

/** Holds the changes of a table back, so that of many changes of a row only the last is forwarded. */
export function suppress<K, V>(options: SuppressOptions<K>): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  const { rule, graceMs, keySerde, store } = options
  const untilClosed = rule.kind === 'window-closes'
  const waitMs = untilClosed ? graceMs : rule.limitMs
  return (context) => {
    const buffer = new SuppressBuffer(context.store<TimeOrderedBuffer<K, Suppressed<V>>>(store), keySerde)
    let streamTime = -1

    const isFull = (): boolean => rule.kind === 'time-limit' && (buffer.size > rule.maxRecords || buffer.sizeInBytes > rule.maxBytes)

    return {
      process: ({ key, value: { newValue, oldValue }, timestamp, headers }) => {
        streamTime = Math.max(streamTime, timestamp)
        const time = untilClosed ? endOf(key) : timestamp
        buffer.put(time, key, { newValue, oldValue, priorValue: oldValue, headers }, timestamp)
        for (let row = buffer.first(); row !== undefined && (row.start <= streamTime - waitMs || isFull()); row = buffer.first()) {
          const { newValue: last, oldValue: before, headers: kept } = row.value
          // A window that ends without a row has never been emitted, so there is nothing to delete downstream.
          if (last !== null || !untilClosed) {
            context.forward({
              key: row.key,
              value: { newValue: last, oldValue: before, isLatest: true },
              timestamp: row.timestamp,
              headers: kept,
            })
          }
          buffer.delete(row)
        }
      },
    }
  }
}

/** The view of a suppressed table: each row as it was last emitted, without the changes that are held back. */
export function suppressView<K, V>(store: string): (parents: readonly OpenView[]) => OpenView {
  return ([openParent]) =>
    (context) => {
      const parent = openParent?.(context) as TableView<K, V> | undefined
      const rows = context.store<StateStore>(store)
      const view: TableView<K, V> = {
        get: (key, asOf) => {
          const held = SuppressBuffer.forStore<K, V>(rows)?.find(key)
          if (held === undefined) return parent?.get(key, asOf)
          return held.priorValue === null ? undefined : { value: held.priorValue, timestamp: -1 }
        },
      }
      return view
    }
}

function endOf(key: unknown): number {
  return (key as Windowed<unknown>).end
}
