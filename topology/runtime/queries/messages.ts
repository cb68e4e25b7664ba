import type { CommittedRow } from '../../../state/index.ts'
import type { PartitionOffset } from '../../broker/index.ts'

/** A question to one task's store: plain data, keys serialized, so that it can travel to the instance that has the task. */
export interface QueryRequest {
  readonly store: string
  readonly partition: number
  readonly query: Query
  /** Answer only with everything before these offsets of the task's inputs worked in: that is how a writer reads its own writes. */
  readonly atLeast: readonly PartitionOffset[]
  /** A copy of the task's state may answer, if the task itself does not. */
  readonly allowsStandby: boolean
  /** How long the answering instance may wait for that, milliseconds. */
  readonly waitMs: number
}

export type Query =
  | { readonly kind: 'get'; readonly key: Uint8Array }
  /** `to` is exclusive; undefined leaves an end open. */
  | ({ readonly kind: 'scan'; readonly from: Uint8Array | undefined; readonly to: Uint8Array | undefined } & ScanBounds)
  | { readonly kind: 'fetchRange'; readonly key: Uint8Array; readonly from: number; readonly to: number }
  | ({ readonly kind: 'fetchAll'; readonly from: number; readonly to: number } & ScanBounds)
  | { readonly kind: 'getAsOf'; readonly key: Uint8Array; readonly asOf: number | undefined }
  | { readonly kind: 'history'; readonly key: Uint8Array; readonly from: number; readonly to: number }

export interface ScanBounds {
  readonly reverse?: boolean
  readonly limit?: number
}

export type QueryAnswer =
  /** `ageMs`: from a standby, which has all that was committed longer ago than that. */
  | { readonly kind: 'rows'; readonly rows: readonly CommittedRow[]; readonly ageMs?: number }
  /** The task is not here (any more, or not yet): ask whoever has it now. */
  | { readonly kind: 'elsewhere' }
  /** The task is here and has not come so far in time. */
  | { readonly kind: 'behind' }
