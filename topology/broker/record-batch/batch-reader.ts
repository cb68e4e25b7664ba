import { crc32c } from '@node-rs/crc32'
import { UnreadableBatchError } from '../errors.ts'
import { codecNumbered } from './compression/index.ts'
import type { Header, RecordBatch } from './record-batch.ts'
import * as at from './layout.ts'

const NOTHING = Buffer.alloc(0)
const NO_HEADERS: readonly Header[] = []

/**
 * Reads a batch in place; compressed records are decompressed when the first of them is read, and kept until the last has been. Throws
 * `UnreadableBatchError` for a wrong checksum, a codec it does not know, or records that exceed their batch.
 */
export class BatchReader implements RecordBatch {
  readonly #bytes: Buffer
  readonly #partition: string
  /** 0: the records section is not compressed. */
  readonly #codec: number
  /** Contains the records that can be read now. */
  #records: Buffer
  /** How many of them there are: none while they are compressed. */
  #readable: number
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
  /** 0 if the broker set the timestamps: then the records' own have no effect. */
  readonly #deltaScale: number

  /** `partition`: `topic-partition`, for errors. */
  constructor(bytes: Buffer, partition = 'a batch') {
    this.#bytes = bytes
    this.#partition = partition
    this.baseOffset = bytes.length < at.LENGTH ? 0 : Number(bytes.readBigInt64BE(at.BASE_OFFSET))
    if (bytes.length < at.RECORDS || bytes.readInt32BE(at.LENGTH) + at.LENGTH_COUNTS_FROM !== bytes.length) {
      throw this.#unreadable(`its ${bytes.length} bytes are not the length in its header.`)
    }
    if (bytes[at.MAGIC] !== at.MAGIC_V2)
      throw this.#unreadable(`its message format is ${bytes[at.MAGIC]}, and only 2 can be read. Let its producer write format 2.`)
    if (crc32c(bytes.subarray(at.ATTRIBUTES)) !== bytes.readUInt32BE(at.CHECKSUM)) {
      throw this.#unreadable('it does not match its checksum.')
    }
    const attributes = bytes.readInt16BE(at.ATTRIBUTES)
    this.recordCount = bytes.readInt32BE(at.COUNT)
    this.#codec = attributes & at.COMPRESSION_MASK
    this.#records = this.#codec === 0 ? bytes : NOTHING
    this.#readable = this.#codec === 0 ? this.recordCount : 0
    const isAppendTime = (attributes & at.APPEND_TIME) !== 0
    this.#firstTimestamp = Number(bytes.readBigInt64BE(isAppendTime ? at.MAX_TIMESTAMP : at.FIRST_TIMESTAMP))
    this.#deltaScale = isAppendTime ? 0 : 1
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
    if (this.#records[this.#headersStart] === 0) return NO_HEADERS
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
    if (headers.length !== count) throw this.#unreadable('the headers of a record exceed it.')
    return headers
  }

  /** The bytes of the current record, including its length prefix. */
  get recordBytes(): Buffer {
    return this.#records.subarray(this.#recordStart, this.#next)
  }

  /** The batch header. */
  get head(): Buffer {
    return this.#bytes.subarray(0, at.RECORDS)
  }

  next(): boolean {
    if (this.#read === this.#readable) return this.#decompress() && this.next()
    this.#recordStart = this.#next
    const length = this.#varint()
    const end = this.#next + length
    if (length < 0 || end > this.#records.length) throw this.#unreadable('a record exceeds its batch.')
    this.#next++
    this.#timestamp = this.#firstTimestamp + this.#deltaScale * this.#varint()
    this.#offset = this.baseOffset + this.#varint()
    this.#keyLength = this.#varint()
    this.#keyStart = this.#next
    if (this.#keyLength > 0) this.#next += this.#keyLength
    this.#valueLength = this.#varint()
    this.#valueStart = this.#next
    if (this.#valueLength > 0) this.#next += this.#valueLength
    if (this.#next >= end) throw this.#unreadable('a key or value exceeds its record.')
    this.#headersStart = this.#next
    this.#next = end
    this.#read++
    return true
  }

  rewind(): void {
    this.#read = 0
    this.#next = at.RECORDS
    if (this.#codec !== 0) this.#readable = 0
  }

  /** Called at the end of what can be read: true when that was only because the records were still compressed. */
  #decompress(): boolean {
    if (this.#codec === 0) return false
    if (this.#readable > 0 || this.recordCount === 0) {
      this.#records = NOTHING
      return false
    }
    const codec = codecNumbered(this.#codec)
    if (codec === undefined)
      throw this.#unreadable(
        `it is compressed with the unknown codec ${this.#codec}. Upgrade to a version that knows it, or let its producer use gzip, snappy, lz4, zstd or none.`,
      )
    try {
      this.#records = codec.decompress(this.#bytes.subarray(at.RECORDS), at.MAX_DECOMPRESSED_BYTES)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw this.#unreadable(`its records cannot be decompressed with ${codec.name}: ${reason}`, error)
    }
    this.#next = 0
    this.#readable = this.recordCount
    return true
  }

  #unreadable(why: string, cause?: unknown): UnreadableBatchError {
    return new UnreadableBatchError(
      `Cannot read the batch at ${this.#partition}@${this.baseOffset}: ${why} Its records are not skipped: set the offset after them by hand to continue without them.`,
      cause === undefined ? undefined : { cause },
    )
  }

  #view(start: number, length: number): Buffer {
    return this.#records.subarray(start, start + length)
  }

  #take(length: number, end: number): Buffer {
    if (length < 0 || this.#next + length > end) throw this.#unreadable('a header exceeds its record.')
    const view = this.#records.subarray(this.#next, this.#next + length)
    this.#next += length
    return view
  }

  #varint(): number {
    const bytes = this.#records
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
