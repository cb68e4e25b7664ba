/**
 * Record batches in Kafka's format v2: what travels through the seam. A builder writes straight into the wire format,
 * a batch is read in place; keys and values are views that stay valid as long as the batch does.
 */

export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

/** Reads one batch in place; reusable over its life, one reader at a time (`rewind` starts over). */
export interface RecordBatch {
  readonly baseOffset: number
  /** Offset of the last record the batch ever had (compaction may have taken it). */
  readonly lastOffset: number
  readonly recordCount: number
  readonly maxTimestamp: number
  readonly sizeInBytes: number
  /** Moves to the next record; false at the end. The fields below are those of the current record. */
  next(): boolean
  rewind(): void
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Decoded on demand. */
  readonly headers: readonly Header[]
}
