import type { CommittedRow } from '../../../state/index.ts'
import type { PartitionOffset } from '../../broker/index.ts'

/** A query of one task's store: plain data, keys serialized, so that it can be sent to the instance that owns the task. */
export interface QueryRequest {
  readonly store: string
  readonly partition: number
  readonly query: Query
  /** Answer only when everything before these offsets of the task's inputs has been processed: so a writer reads its own writes. */
  readonly atLeast: readonly PartitionOffset[]
  /** A standby may answer if the task itself does not. */
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
  /** `ageMs`: the answer is a standby's, which has all that was committed longer ago than that. */
  | { readonly kind: 'rows'; readonly rows: readonly CommittedRow[]; readonly ageMs?: number }
  /** The task does not run here: ask its owner. */
  | { readonly kind: 'elsewhere' }
  /** The task runs here and did not reach the offsets in time. */
  | { readonly kind: 'behind' }
