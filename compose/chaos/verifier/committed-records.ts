import { gunzipSync } from 'node:zlib'
import { decompressFrameSync } from 'lz4-napi'

export interface LogRecord {
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
}

/** The committed records of a partition, and the producers with an open transaction at its end. */
export interface CommittedLog {
  readonly records: readonly LogRecord[]
  /** Producer ids whose transaction was neither committed nor aborted. */
  readonly hanging: readonly number[]
  /** Timestamps of the commit markers, milliseconds since the epoch, in order. */
  readonly commitTimes: readonly number[]
}

const BATCH_HEAD = 61
const LENGTH_AT = 8
const ATTRIBUTES_AT = 21
const FIRST_TIMESTAMP_AT = 27
const PRODUCER_AT = 43
const COUNT_AT = 57
const COMPRESSION = 0b111
const DECOMPRESS: Readonly<Record<number, (packed: Buffer) => Buffer>> = {
  0: (bytes) => bytes,
  1: (packed) => gunzipSync(packed),
  3: (packed) => decompressFrameSync(packed),
}
const TRANSACTIONAL = 0b10000
const CONTROL = 0b100000
const COMMIT = 1

/**
 * Filters a log by its transaction markers: a transactional record counts once its producer's commit marker follows, any other record
 * immediately. Does not rely on the broker's list of aborted transactions.
 */
export function committedRecords(log: Buffer): CommittedLog {
  const open = new Map<number, LogRecord[]>()
  const committed: LogRecord[] = []
  const commitTimes: number[] = []
  for (let at = 0; at + BATCH_HEAD <= log.length;) {
    const end = at + LENGTH_AT + 4 + log.readInt32BE(at + LENGTH_AT)
    if (end > log.length) break
    const attributes = log.readInt16BE(at + ATTRIBUTES_AT)
    const producer = Number(log.readBigInt64BE(at + PRODUCER_AT))
    const records = recordsOf(log.subarray(at, end), attributes)
    if ((attributes & CONTROL) !== 0) {
      const [marker] = records
      if (marker?.key?.readInt16BE(2) === COMMIT) {
        committed.push(...(open.get(producer) ?? []))
        commitTimes.push(marker.timestamp)
      }
      open.delete(producer)
    } else if ((attributes & TRANSACTIONAL) !== 0) {
      open.set(producer, [...(open.get(producer) ?? []), ...records])
    } else committed.push(...records)
    at = end
  }
  return { records: committed.sort((a, b) => a.offset - b.offset), hanging: [...open.keys()], commitTimes }
}

function recordsOf(batch: Buffer, attributes: number): LogRecord[] {
  const base = Number(batch.readBigInt64BE(0))
  const firstTimestamp = Number(batch.readBigInt64BE(FIRST_TIMESTAMP_AT))
  const count = batch.readInt32BE(COUNT_AT)
  const packed = batch.subarray(BATCH_HEAD)
  const codec = attributes & COMPRESSION
  const decompress = DECOMPRESS[codec]
  if (decompress === undefined)
    throw new Error(`The verifier cannot read the batch at offset ${base}: it knows the codecs 0, 1 and 3, not ${codec}.`)
  const bytes = decompress(packed)
  let at = 0
  const varint = (): number => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n))
    }
  }
  const part = (): Buffer | null => {
    const length = varint()
    if (length < 0) return null
    at += length
    return bytes.subarray(at - length, at)
  }
  return Array.from({ length: count }, () => {
    const length = varint()
    const end = at + length
    at++
    const timestamp = firstTimestamp + varint()
    const offset = base + varint()
    const [key, value] = [part(), part()]
    at = end
    return { offset, key, value, timestamp }
  })
}
