import { gunzipSync } from 'node:zlib'
import type { PartitionOffset } from '../broker.ts'
import { FatalBrokerError } from '../errors.ts'
import { BatchReader, InvalidBatchError, layout as at, withRecords, type RecordBatch } from '../record-batch/index.ts'
import { partitionName } from '../topic-partition.ts'
import type { AbortedTransaction } from './protocol/index.ts'

export interface CommittedBatches {
  readonly batches: readonly RecordBatch[]
  /** The offset after everything in the response, including markers and aborted records. */
  readonly nextOffset: number
}

const CONTROL = 0x20
const GZIP = 1
const ABORT = 0

/**
 * Removes control batches and the records of aborted transactions from a fetch response. A producer's records are aborted from the first
 * offset of an aborted transaction up to the producer's next abort marker; transactions of several producers may overlap.
 * Throws `FatalBrokerError` for damaged batches.
 */
export function committedBatches(records: Buffer, aborted: readonly AbortedTransaction[], from: PartitionOffset): CommittedBatches {
  const upcoming = aborted.toSorted((left, right) => left.firstOffset - right.firstOffset)
  const aborting = new Set<number>()
  const batches: RecordBatch[] = []
  let next = 0
  let nextOffset = from.offset
  for (let start = 0; start + at.RECORDS <= records.length;) {
    const end = start + at.LENGTH_COUNTS_FROM + records.readInt32BE(start + at.LENGTH)
    if (end > records.length) break
    const bytes = records.subarray(start, end)
    start = end
    const baseOffset = Number(bytes.readBigInt64BE(at.BASE_OFFSET))
    const lastOffset = baseOffset + bytes.readInt32BE(at.LAST_OFFSET_DELTA)
    nextOffset = Math.max(nextOffset, lastOffset + 1)
    for (let begun = upcoming[next]; begun !== undefined && begun.firstOffset <= lastOffset; begun = upcoming[++next])
      aborting.add(begun.producerId)
    const place = (): string => `${partitionName(from)}@${baseOffset}`
    const attributes = bytes.readInt16BE(at.ATTRIBUTES)
    const producerId = Number(bytes.readBigInt64BE(at.PRODUCER_ID))
    if ((attributes & CONTROL) !== 0) {
      if (readSound(place, () => markerType(bytes)) === ABORT) aborting.delete(producerId)
    } else if ((attributes & at.TRANSACTIONAL) === 0 || !aborting.has(producerId)) {
      const batch = readSound(place, () => new BatchReader(decompressed(bytes, attributes, place)))
      if (batch.recordCount > 0) batches.push(batch)
    }
  }
  return { batches, nextOffset }
}

/** The key of a control record is its version and its type, two bytes each. */
function markerType(bytes: Buffer): number {
  const marker = new BatchReader(bytes)
  if (!marker.next() || marker.key === null || marker.key.length < 4) throw new InvalidBatchError('A control batch has no valid key.')
  return ((marker.key[2] ?? 0) << 8) | (marker.key[3] ?? 0)
}

/** This client writes uncompressed batches, but other producers may compress theirs. */
function decompressed(bytes: Buffer, attributes: number, place: () => string): Buffer {
  const codec = attributes & at.COMPRESSION_MASK
  if (codec === 0) return bytes
  if (codec !== GZIP)
    throw new FatalBrokerError(
      `Cannot read ${place()}: the batch is compressed with codec ${codec}, only gzip (1) is supported. Set compression.type of its producer to gzip or none.`,
    )
  return withRecords(bytes, gunzipSync(bytes.subarray(at.RECORDS)))
}

function readSound<T>(place: () => string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof InvalidBatchError)
      throw new FatalBrokerError(`Cannot read ${place()}: ${error.message} Kafka returned damaged records.`, { cause: error })
    throw error
  }
}
