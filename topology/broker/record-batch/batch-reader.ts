import { crc32c } from '@node-rs/crc32'
import type { Header, RecordBatch } from './record-batch.ts'
import * as at from './layout.ts'

/** The bytes are not a valid record batch. */
export class InvalidBatchError extends Error {
  readonly code = 'INVALID_RECORD_BATCH'
}

/** Reads a batch in place. Throws `InvalidBatchError` for a wrong checksum or records that exceed their batch. */
export class BatchReader implements RecordBatch {
  readonly #bytes: Buffer
  #next = at.RECORDS
  #read = 0
  #offset = -1
  #timestamp = 0
  #keyStart = 0
  #keyLength = -1
  #valueStart = 0
  #valueLength = -1
  #headersStart = 0
  #recordStart = at.RECORDS
  readonly baseOffset: number
  readonly recordCount: number
  readonly #firstTimestamp: number

  constructor(bytes: Buffer) {
    if (bytes.length < at.RECORDS || bytes.readInt32BE(at.LENGTH) + at.LENGTH_COUNTS_FROM !== bytes.length) {
      throw new InvalidBatchError(`A record batch of ${bytes.length} bytes does not have the length in its header.`)
    }
    if (bytes[at.MAGIC] !== at.MAGIC_V2) throw new InvalidBatchError(`A record batch has magic ${bytes[at.MAGIC]}; only 2 is supported.`)
    if (crc32c(bytes.subarray(at.ATTRIBUTES)) !== bytes.readUInt32BE(at.CHECKSUM)) {
      throw new InvalidBatchError('A record batch does not match its checksum.')
    }
    if ((bytes.readInt16BE(at.ATTRIBUTES) & at.COMPRESSION_MASK) !== 0) throw new InvalidBatchError('A record batch is compressed.')
    this.#bytes = bytes
    this.baseOffset = Number(bytes.readBigInt64BE(at.BASE_OFFSET))
    this.recordCount = bytes.readInt32BE(at.COUNT)
    this.#firstTimestamp = Number(bytes.readBigInt64BE(at.FIRST_TIMESTAMP))
  }

  get lastOffset(): number {
    return this.baseOffset + this.#bytes.readInt32BE(at.LAST_OFFSET_DELTA)
  }

  get maxTimestamp(): number {
    return Number(this.#bytes.readBigInt64BE(at.MAX_TIMESTAMP))
  }

  get sizeInBytes(): number {
    return this.#bytes.length
  }

  get offset(): number {
    return this.#offset
  }

  get timestamp(): number {
    return this.#timestamp
  }

  get key(): Uint8Array | null {
    return this.#keyLength < 0 ? null : this.#view(this.#keyStart, this.#keyLength)
  }

  get value(): Uint8Array | null {
    return this.#valueLength < 0 ? null : this.#view(this.#valueStart, this.#valueLength)
  }

  get headers(): readonly Header[] {
    if (this.#bytes[this.#headersStart] === 0) return []
    const nextRecord = this.#next
    this.#next = this.#headersStart
    const count = this.#varint()
    const headers: Header[] = []
    for (let i = 0; i < count && this.#next < nextRecord; i++) {
      const key = this.#take(this.#varint(), nextRecord).toString('utf8')
      const length = this.#varint()
      headers.push({
        key,
        value: length < 0 ? null : this.#take(length, nextRecord),
      })
    }
    this.#next = nextRecord
    if (headers.length !== count) throw new InvalidBatchError('The headers of a record exceed it.')
    return headers
  }

  /** The bytes of the current record, including its length prefix. */
  get recordBytes(): Buffer {
    return this.#bytes.subarray(this.#recordStart, this.#next)
  }

  /** The batch header. */
  get head(): Buffer {
    return this.#bytes.subarray(0, at.RECORDS)
  }

  next(): boolean {
    if (this.#read === this.recordCount) return false
    this.#recordStart = this.#next
    const length = this.#varint()
    const end = this.#next + length
    if (length < 0 || end > this.#bytes.length) throw new InvalidBatchError('A record exceeds its batch.')
    this.#next++
    this.#timestamp = this.#firstTimestamp + this.#varint()
    this.#offset = this.baseOffset + this.#varint()
    this.#keyLength = this.#varint()
    this.#keyStart = this.#next
    if (this.#keyLength > 0) this.#next += this.#keyLength
    this.#valueLength = this.#varint()
    this.#valueStart = this.#next
    if (this.#valueLength > 0) this.#next += this.#valueLength
    if (this.#next >= end) throw new InvalidBatchError('A key or value exceeds its record.')
    this.#headersStart = this.#next
    this.#next = end
    this.#read++
    return true
  }

  rewind(): void {
    this.#next = at.RECORDS
    this.#read = 0
  }

  /** Faster than `subarray`. */
  #view(start: number, length: number): Buffer {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, length)
  }

  #take(length: number, end: number): Buffer {
    if (length < 0 || this.#next + length > end) throw new InvalidBatchError('A header exceeds its record.')
    const view = this.#bytes.subarray(this.#next, this.#next + length)
    this.#next += length
    return view
  }

  #varint(): number {
    const bytes = this.#bytes
    let byte = bytes[this.#next++] ?? 0
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 127
    let scale = 128
    do {
      byte = bytes[this.#next++] ?? 0
      value += (byte & 127) * scale
      scale *= 128
    } while (byte >= 128)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}

/** Splits the records of a fetch response into batches; ignores an incomplete last one. */
export function splitBatches(bytes: Buffer): BatchReader[] {
  const batches: BatchReader[] = []
  for (let start = 0; start + at.RECORDS <= bytes.length;) {
    const end = start + at.LENGTH_COUNTS_FROM + bytes.readInt32BE(start + at.LENGTH)
    if (end > bytes.length) break
    batches.push(new BatchReader(bytes.subarray(start, end)))
    start = end
  }
  return batches
}
