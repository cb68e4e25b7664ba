export interface Header {
  readonly key: string
  readonly value: Uint8Array | null
}

/** A batch and a cursor over its records, read in place. Keys and values are views, valid as long as the batch. */
export interface RecordBatch {
  readonly baseOffset: number
  /** Offset of the last record as written; compaction may have removed that record. */
  readonly lastOffset: number
  readonly recordCount: number
  readonly maxTimestamp: number
  readonly sizeInBytes: number
  /** Moves to the next record; false at the end. The fields below belong to the current record. */
  next(): boolean
  rewind(): void
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Decoded at each access. */
  readonly headers: readonly Header[]
}
