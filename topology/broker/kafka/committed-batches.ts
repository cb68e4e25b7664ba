import { gunzipSync } from 'node:zlib'
import { FatalBrokerError } from '../errors.ts'
import { BatchReader, InvalidBatchError, layout as at, withRecords, type RecordBatch } from '../record-batch/index.ts'
import type { AbortedTransaction } from './protocol/index.ts'

export interface CommittedBatches {
  readonly batches: readonly RecordBatch[]
  /** Behind everything that was looked at, markers and aborted records too. */
  readonly nextOffset: number
}

const CONTROL = 0x20
const GZIP = 1
const ABORT = 0

/**
 * What a fetch brought, without markers and without what belongs to aborted transactions. A producer's records are aborted from
 * the first offset of an aborted transaction of his up to his next abort marker, however those of several producers overlap.
 * Throws `FatalBrokerError` for bytes that are no sound batches.
 */
export function committedBatches(records: Buffer, aborted: readonly AbortedTransaction[], from: number): CommittedBatches {
  const waiting = aborted.toSorted((one, other) => one.firstOffset - other.firstOffset)
  const aborting = new Set<number>()
  const batches: RecordBatch[] = []
  let next = 0
  let nextOffset = from
  for (let start = 0; start + at.RECORDS <= records.length;) {
    const end = start + at.LENGTH_COUNTS_FROM + records.readInt32BE(start + at.LENGTH)
    if (end > records.length) break
    const bytes = records.subarray(start, end)
    start = end
    const lastOffset = Number(bytes.readBigInt64BE(at.BASE_OFFSET)) + bytes.readInt32BE(at.LAST_OFFSET_DELTA)
    nextOffset = Math.max(nextOffset, lastOffset + 1)
    for (let one = waiting[next]; one !== undefined && one.firstOffset <= lastOffset; one = waiting[++next]) aborting.add(one.producerId)
    const attributes = bytes.readInt16BE(at.ATTRIBUTES)
    const producerId = Number(bytes.readBigInt64BE(at.PRODUCER_ID))
    if ((attributes & CONTROL) !== 0) {
      if (markerOf(bytes) === ABORT) aborting.delete(producerId)
    } else if ((attributes & at.TRANSACTIONAL) === 0 || !aborting.has(producerId)) {
      const batch = sound(() => new BatchReader(uncompressed(bytes, attributes)))
      if (batch.recordCount > 0) batches.push(batch)
    }
  }
  return { batches, nextOffset }
}

/** A marker's key is its version and its kind, two bytes each. */
function markerOf(bytes: Buffer): number {
  const marker = sound(() => new BatchReader(bytes))
  if (!marker.next() || marker.key === null || marker.key.length < 4) throw new FatalBrokerError('A transaction marker says nothing.')
  return ((marker.key[2] ?? 0) << 8) | (marker.key[3] ?? 0)
}

/** Other clients may compress. */
function uncompressed(bytes: Buffer, attributes: number): Buffer {
  const codec = attributes & at.COMPRESSION_MASK
  if (codec === 0) return bytes
  if (codec !== GZIP) throw new FatalBrokerError(`A record batch is compressed with codec ${codec}; only gzip (1) can be read here.`)
  return withRecords(bytes, gunzipSync(bytes.subarray(at.RECORDS)))
}

function sound<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof InvalidBatchError)
      throw new FatalBrokerError(`A fetch brought damaged records: ${error.message}`, { cause: error })
    throw error
  }
}
