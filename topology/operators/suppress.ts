/**
 * Keeps the changes of a table back, so that of many changes of a row only the last goes on. Who looks the table up meanwhile
 * sees each row as it was last handed on.
 */
import type { Serde, StateStore, TimeOrderedBuffer, Windowed } from '../../state/index.ts'
import type { Change } from './change.ts'
import type { OpenView } from './table-view.ts'
import type { TableView } from './table-view.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { SuppressBuffer } from './suppress-buffer.ts'
import type { SuppressRule } from './suppress-rule.ts'
import type { Suppressed } from './suppressed-serde.ts'

export interface SuppressOptions<K> {
  readonly store: string
  readonly keySerde: Serde<K>
  readonly rule: SuppressRule
  /** How long after their end the table's windows take records; only for windows. */
  readonly graceMs: number
}

export function suppress<K, V>(options: SuppressOptions<K>): ProcessorSupplier<K, Change<V>, K, Change<V>> {
  const { rule, graceMs, keySerde, store } = options
  const untilClosed = rule.kind === 'window-closes'
  const waitMs = untilClosed ? graceMs : rule.limitMs
  return () => {
    let context: ProcessorContext<K, Change<V>>
    let buffer: SuppressBuffer<K, V>
    let streamTime = -1

    const isFull = (): boolean => rule.kind === 'time-limit' && (buffer.size > rule.maxRecords || buffer.sizeInBytes > rule.maxBytes)

    return {
      init: (given) => {
        context = given
        buffer = new SuppressBuffer(given.store<TimeOrderedBuffer<K, Suppressed<V>>>(store), keySerde)
      },
      process: ({ key, value: { newValue, oldValue }, timestamp, headers }) => {
        streamTime = Math.max(streamTime, timestamp)
        const time = untilClosed ? endOf(key) : timestamp
        buffer.put(time, key, { newValue, oldValue, priorValue: oldValue, headers }, timestamp)
        for (let row = buffer.first(); row !== undefined && (row.start <= streamTime - waitMs || isFull()); row = buffer.first()) {
          const { newValue: last, oldValue: before, headers: kept } = row.value
          // A window that ends as nothing has never been handed on: there is nothing to take back.
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

/** How a suppressed table is looked up: what is kept back is not seen. */
export function suppressView<K, V>(store: string): (parents: readonly OpenView[]) => OpenView {
  return ([openParent]) =>
    (context) => {
      const parent = openParent?.(context) as TableView<K, V> | undefined
      const rows = context.store<StateStore>(store)
      const look: TableView<K, V> = {
        get: (key, asOf) => {
          const kept = SuppressBuffer.of<K, V>(rows)?.find(key)
          if (kept === undefined) return parent?.get(key, asOf)
          return kept.priorValue === null ? undefined : { value: kept.priorValue, timestamp: -1 }
        },
      }
      return look
    }
}

function endOf(key: unknown): number {
  return (key as Windowed<unknown>).end
}
