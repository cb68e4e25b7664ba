import { Stores } from '../../state/index.ts'
import type { Serde, StoreSpec } from '../../state/index.ts'
import type { AnyProcessorSupplier } from '../graph/index.ts'
import { slidingWindowAggregate, windowAggregate } from '../operators/index.ts'
import type { OperatorPlan, SlidingWindows, TimeWindows, WindowAggregateOptions } from '../operators/index.ts'
import type { Materialized } from './materialized.ts'

export interface WindowRetention {
  /** How long rows are kept, counted back from the newest window. Default and minimum: size + grace; sliding windows: 2 × size + grace. */
  readonly retentionMs?: number
}

export type Windows = TimeWindows | SlidingWindows

/** The spec of a windowed table's store. */
export function windowStore(
  windows: Windows,
  { name, retentionMs, persistent, changelog, compression }: Materialized & WindowRetention,
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
    ...(compression !== undefined && { compression }),
  })
}

/** The aggregating operator for the kind of window. */
export function aggregatePerWindow<K, V, A>(
  { windows, ...options }: WindowAggregateOptions<K, V, A, Windows>,
  plan: OperatorPlan,
): AnyProcessorSupplier {
  return windows.kind === 'sliding' ? slidingWindowAggregate({ ...options, windows }, plan) : windowAggregate({ ...options, windows }, plan)
}
