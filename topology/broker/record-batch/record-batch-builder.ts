import { copyInto, invalidTimestamp, isTimestamp, type Compression } from '../../../state/index.ts'
import { codecNamed, type Codec } from './compression/index.ts'
import type { Header } from './record-batch.ts'
import * as at from './layout.ts'
import { sealHeader } from './seal-header.ts'
import { VarintReader, varintSize, writeVarint } from './varint.ts'

const INITIAL_BYTES = 1 << 10
/** Of a record whose producer gave none. */
export const NO_TIMESTAMP = -1
/** Upper bound of a record's varints, besides key, value and headers. */
const RECORD_HEAD_BYTES = 48
const NO_HEADERS: readonly Header[] = []

/** Writes records straight into the wire format. `reset` keeps the memory for the next batch. */
export class RecordBatchBuilder {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES)
  #end = at.RECORDS
  #count = 0
  #firstTimestamp = 0
  #minTimestamp = 0
  #maxTimestamp = 0
  #hasNullKeys = false
  /** How `seal` compresses the records. */
  readonly compression: Compression

  constructor(compression: Compression = 'none') {
    this.compression = compression
  }

  get recordCount(): number {
    return this.#count
  }

  /** Before compression. */
  get sizeInBytes(): number {
    return this.#end
  }

  get minTimestamp(): number {
    return this.#minTimestamp
  }

  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  /** A record has no key. */
  get hasNullKeys(): boolean {
    return this.#hasNullKeys
  }

  /**
   * Copies key and value into the batch. A timestamp is a whole number of milliseconds since the epoch, or −1 (Kafka's `NO_TIMESTAMP`) for a record
   * without one. Throws `RangeError` for any other number, which the format cannot hold, and `TypeError` for what is no number.
   */
  append(key: Uint8Array | null, value: Uint8Array | null, timestamp: number, headers?: readonly Header[]): void {
    this.tryAppend(Infinity, key, value, timestamp, headers)
  }

  /** Appends the record unless the batch would then have more than `maxBytes`; returns whether it did. */
  tryAppend(
    maxBytes: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers: readonly Header[] = NO_HEADERS,
  ): boolean {
    if (!isTimestamp(timestamp)) assertNoTimestamp(timestamp)
    const keyLength = key === null ? 0 : key.length
    const valueLength = value === null ? 0 : value.length
    const headerBytes = headers.length === 0 ? undefined : encodeHeaders(headers)
    const headersLength = headerBytes === undefined ? 1 : headerBytes.length
    const timestampDelta = this.#count === 0 ? 0 : timestamp - this.#firstTimestamp
    const length =
      1 +
      varintSize(timestampDelta) +
      varintSize(this.#count) +
      varintSize(key === null ? -1 : keyLength) +
      keyLength +
      varintSize(value === null ? -1 : valueLength) +
      valueLength +
      headersLength
    if (this.#end + varintSize(length) + length > maxBytes) return false
    this.#reserve(length + RECORD_HEAD_BYTES)
    this.#note(timestamp, key === null)
    const bytes = this.#bytes
    let end = writeVarint(bytes, this.#end, length)
    bytes[end++] = 0
    end = writeVarint(bytes, end, timestampDelta)
    end = writeVarint(bytes, end, this.#count)
    end = writeVarint(bytes, end, key === null ? -1 : keyLength)
    if (key !== null) copyInto(bytes, key, end)
    end = writeVarint(bytes, end + keyLength, value === null ? -1 : valueLength)
    if (value !== null) copyInto(bytes, value, end)
    end += valueLength
    if (headerBytes === undefined) bytes[end] = 0
    else bytes.set(headerBytes, end)
    this.#end = end + headersLength
    this.#count++
    return true
  }

  /** The most bytes that the batch has after `appendAll`. */
  sizeWith(other: RecordBatchBuilder): number {
    return this.#end + other.#end - at.RECORDS + other.#count * RECORD_HEAD_BYTES
  }

  /** Copies the records of another builder after the own ones. */
  appendAll(other: RecordBatchBuilder): void {
    const from = new VarintReader(other.#bytes, at.RECORDS)
    this.#reserve(this.sizeWith(other) - this.#end)
    for (let record = 0; record < other.#count; record++) {
      const length = from.next()
      const end = from.at + length
      from.at++
      const timestamp = other.#firstTimestamp + from.next()
      from.next()
      this.#note(timestamp, other.#hasNullKeys)
      const timestampDelta = timestamp - this.#firstTimestamp
      const bytes = this.#bytes
      const rest = end - from.at
      let to = writeVarint(bytes, this.#end, 1 + varintSize(timestampDelta) + varintSize(this.#count) + rest)
      bytes[to++] = 0
      to = writeVarint(bytes, to, timestampDelta)
      to = writeVarint(bytes, to, this.#count)
      other.#bytes.copy(bytes, to, from.at, end)
      from.at = end
      this.#end = to + rest
      this.#count++
    }
  }

  /** Removes all records. */
  reset(): void {
    this.#end = at.RECORDS
    this.#count = 0
    this.#hasNullKeys = false
  }

  /**
   * For adapters: a copy of the batch with header and checksum, its records compressed. Producer id, epoch and sequence are −1 without an
   * idempotent producer.
   */
  seal(options: SealOptions): Buffer {
    const codec = codecNamed(options.compression ?? this.compression)
    const bytes = codec === undefined ? Buffer.from(this.#bytes.subarray(0, this.#end)) : this.#compressed(codec)
    bytes.writeBigInt64BE(BigInt(options.baseOffset), at.BASE_OFFSET)
    bytes.writeInt32BE(-1, at.LEADER_EPOCH)
    bytes[at.MAGIC] = at.MAGIC_V2
    bytes.writeInt16BE((options.transactional ? at.TRANSACTIONAL : 0) | (codec?.id ?? 0), at.ATTRIBUTES)
    bytes.writeInt32BE(this.#count - 1, at.LAST_OFFSET_DELTA)
    bytes.writeBigInt64BE(BigInt(this.#firstTimestamp), at.FIRST_TIMESTAMP)
    bytes.writeBigInt64BE(BigInt(this.#maxTimestamp), at.MAX_TIMESTAMP)
    bytes.writeBigInt64BE(BigInt(options.producerId), at.PRODUCER_ID)
    bytes.writeInt16BE(options.producerEpoch, at.PRODUCER_EPOCH)
    bytes.writeInt32BE(options.firstSequence, at.FIRST_SEQUENCE)
    bytes.writeInt32BE(this.#count, at.COUNT)
    sealHeader(bytes)
    return bytes
  }

  /** Size of the batch as `seal` makes it with the builder's own compression. Compresses the records to find out. */
  get compressedSize(): number {
    const codec = codecNamed(this.compression)
    return codec === undefined ? this.sizeInBytes : this.#compressed(codec).length
  }

  /** Room for the header, and the compressed records. */
  #compressed(codec: Codec): Buffer {
    const records = codec.compress(this.#bytes.subarray(at.RECORDS, this.#end))
    const bytes = Buffer.allocUnsafe(at.RECORDS + records.length)
    bytes.set(records, at.RECORDS)
    return bytes
  }

  /** Keeps what is known of all records, before the next one is counted. */
  #note(timestamp: number, hasNullKey: boolean): void {
    if (this.#count === 0) this.#firstTimestamp = this.#minTimestamp = this.#maxTimestamp = timestamp
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    else if (timestamp < this.#minTimestamp) this.#minTimestamp = timestamp
    if (hasNullKey) this.#hasNullKeys = true
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + more))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}

export interface SealOptions {
  readonly baseOffset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly transactional: boolean
  /** Instead of the builder's own: what the topic asks for. */
  readonly compression?: Compression
}

/**
 * Creates an empty builder. Reuse it for any number of batches. For a `compression` other than `none`, `prepareCompression` must have
 * resolved before the first batch is sent.
 */
export function createRecordBatchBuilder(compression?: Compression): RecordBatchBuilder {
  return new RecordBatchBuilder(compression)
}

/** Size of a batch with this record alone, in bytes. */
export function sizeAlone(key: Uint8Array | null, value: Uint8Array | null, headers: readonly Header[] = NO_HEADERS): number {
  const sized = (bytes: Uint8Array | null): number => (bytes === null ? varintSize(-1) : varintSize(bytes.length) + bytes.length)
  const headerBytes = headers.reduce((sum, header) => sum + sized(Buffer.from(header.key, 'utf8')) + sized(header.value), 0)
  const length = 3 + sized(key) + sized(value) + varintSize(headers.length) + headerBytes
  return at.RECORDS + varintSize(length) + length
}

/** Sets the base offset of a sealed batch, which the checksum does not cover. */
export function placeBatch(sealed: Buffer, baseOffset: number): void {
  sealed.writeBigInt64BE(BigInt(baseOffset), at.BASE_OFFSET)
}

function assertNoTimestamp(timestamp: number): void {
  if (timestamp !== NO_TIMESTAMP) throw invalidTimestamp(timestamp, 'A record to be sent')
}

function encodeHeaders(headers: readonly Header[]): Buffer {
  const parts: Uint8Array[] = [varint(headers.length)]
  for (const { key, value } of headers) {
    const keyBytes = Buffer.from(key, 'utf8')
    parts.push(varint(keyBytes.length), keyBytes, varint(value === null ? -1 : value.length))
    if (value !== null) parts.push(value)
  }
  return Buffer.concat(parts)
}

function varint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(varintSize(value))
  writeVarint(bytes, 0, value)
  return bytes
}
