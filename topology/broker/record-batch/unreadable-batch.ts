import type { UnreadableBatchError } from '../errors.ts'
import type { Header, RecordBatch } from './record-batch.ts'

/**
 * Stands in the place of a batch that is damaged: its range of offsets is known, and reading a record of it throws. So a fetch delivers what
 * comes before it, and only the reader of this partition learns of it.
 */
export class UnreadableBatch implements RecordBatch {
  readonly offset = -1
  readonly timestamp = -1
  readonly key = null
  readonly value = null
  readonly headers: readonly Header[] = []
  readonly recordCount = 0
  readonly maxTimestamp = -1
  readonly baseOffset: number
  readonly lastOffset: number
  readonly sizeInBytes: number
  readonly #error: UnreadableBatchError

  constructor(range: Pick<RecordBatch, 'baseOffset' | 'lastOffset' | 'sizeInBytes'>, error: UnreadableBatchError) {
    this.baseOffset = range.baseOffset
    this.lastOffset = range.lastOffset
    this.sizeInBytes = range.sizeInBytes
    this.#error = error
  }

  next(): never {
    throw this.#error
  }

  rewind(): void {
    // It has no records to go back to.
  }
}
