/**
 * A join of a stream with a versioned table that waits: each record is kept until stream time has passed its own by the grace,
 * so that rows of its time which come late are seen. A record that is later than the grace is joined at once.
 */
import type { TimeOrderedBuffer } from '../../state/index.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { openTableJoin } from './table-join.ts'
import type { JoinRecord, TableJoinOptions } from './table-join.ts'

export interface GraceOptions {
  readonly graceMs: number
  /** Where records wait. */
  readonly buffer: string
}

export function tableJoinWithinGrace<K, V, KRow, VTable, VOut>(
  options: TableJoinOptions<K, V, KRow, VTable, VOut>,
  { graceMs, buffer }: GraceOptions,
): ProcessorSupplier<K, V, K, VOut> {
  return () => {
    let join: JoinRecord<K, V>
    let waiting: TimeOrderedBuffer<K, NonNullable<V>>
    let context: ProcessorContext<K, VOut>
    let newest = -1
    return {
      init: (given) => {
        context = given
        join = openTableJoin(options, given)
        waiting = given.store(buffer)
        for (const { start } of waiting.rows()) newest = start
      },
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
