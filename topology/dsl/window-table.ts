/** What all aggregations per window have in common: their store, and the operator for their kind of window. */
import { Stores } from '../../state/index.ts'
import type { Serde, StoreSpec } from '../../state/index.ts'
import type { AnyProcessorSupplier } from '../graph/logical-graph.ts'
import { slidingWindowAggregate } from '../operators/sliding-window-aggregate.ts'
import type { SlidingWindows } from '../operators/sliding-windows.ts'
import type { TimeWindows } from '../operators/time-windows.ts'
import { windowAggregate } from '../operators/window-aggregate.ts'
import type { WindowAggregateOptions } from '../operators/window-aggregate.ts'
import type { Materialized } from './materialized.ts'

export interface WindowRetention {
  /** How long rows are kept behind the newest window; default and least: size + grace, of sliding windows twice the size. */
  readonly retentionMs?: number
}

export type Windows = TimeWindows | SlidingWindows

export function windowStore(
  windows: Windows,
  { name, retentionMs, persistent, changelog }: Materialized & WindowRetention,
  rows: { readonly key: Serde<unknown>; readonly value: Serde<unknown>; readonly keepsEdge: boolean },
): StoreSpec {
  const { kind, sizeMs, graceMs } = windows
  return Stores.window({
    name,
    ...rows,
    windowSizeMs: sizeMs,
    retentionMs: retentionMs ?? (kind === 'sliding' ? 2 * sizeMs : sizeMs) + graceMs,
    ...(persistent !== undefined && { persistent }),
    ...(changelog !== undefined && { changelog }),
  })
}

export function aggregatePerWindow<K, V, A>({ windows, ...options }: WindowAggregateOptions<K, V, A, Windows>): AnyProcessorSupplier {
  return windows.kind === 'sliding' ? slidingWindowAggregate({ ...options, windows }) : windowAggregate({ ...options, windows })
}
