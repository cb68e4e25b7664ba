import type { TimeOrderedBuffer } from '../../state/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import { openTableJoin } from './table-join.ts'
import type { TableJoinOptions } from './table-join.ts'

export interface GraceOptions {
  readonly graceMs: number
  /** The store in which records wait. */
  readonly buffer: string
}

/**
 * Joins a stream with a versioned table after a delay: each record waits until stream time has passed its timestamp by the grace,
 * so that it sees rows of its time that arrive late (KIP-923). A record that arrives later than the grace is joined at once.
 */
export function tableJoinWithinGrace<K, V, KRow, VTable, VOut>(
  options: TableJoinOptions<K, V, KRow, VTable, VOut>,
  { graceMs, buffer }: GraceOptions,
): ProcessorSupplier<K, V, K, VOut> {
  return (context) => {
    const join = openTableJoin(options, context)
    const waiting = context.store<TimeOrderedBuffer<K, NonNullable<V>>>(buffer)
    let newest = -1
    for (const { start } of waiting.rows()) newest = start
    return {
      process: (record) => {
        const { key, value, timestamp } = record
        if (key === null || value === null || value === undefined) {
          context.drop(key === null ? 'null-key' : 'null-value')
          return
        }
        if (timestamp < newest - graceMs) {
          join(record)
          return
        }
        newest = Math.max(newest, timestamp)
        waiting.put(timestamp, key, value, timestamp)
        for (const row of waiting.drain(newest - graceMs)) {
          join({ key: row.key, value: row.value, timestamp: row.start, headers: undefined })
        }
      },
    }
  }
}
