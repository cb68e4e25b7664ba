import type { PartitionOffset } from '../broker.ts'
import { UnreadableBatchError } from '../errors.ts'
import { BatchReader, layout as at, UnreadableBatch, type RecordBatch } from '../record-batch/index.ts'
import { partitionName } from '../topic-partition.ts'
import type { AbortedTransaction } from './protocol/index.ts'

export interface CommittedBatches {
  readonly batches: readonly RecordBatch[]
  /** The offset after everything in the response, including markers and aborted records. */
  readonly nextOffset: number
}

const ABORT = 0

/**
 * Removes control batches and the records of aborted transactions from a fetch response. A producer's records are aborted from the first
 * offset of an aborted transaction up to the producer's next abort marker; transactions of several producers may overlap. A damaged batch is
 * the last one returned, and throws when its records are read: so it concerns only the readers of its partition.
 */
export function committedBatches(records: Buffer, aborted: readonly AbortedTransaction[], from: PartitionOffset): CommittedBatches {
  const upcoming = aborted.toSorted((left, right) => left.firstOffset - right.firstOffset)
  const aborting = new Set<number>()
  const batches: RecordBatch[] = []
  const partition = partitionName(from)
  let next = 0
  let nextOffset = from.offset
  for (let start = 0; start + at.CHECKSUM <= records.length;) {
    const end = start + Math.max(at.CHECKSUM, at.LENGTH_COUNTS_FROM + records.readInt32BE(start + at.LENGTH))
    if (end > records.length) break
    const bytes = records.subarray(start, end)
    start = end
    const baseOffset = Number(bytes.readBigInt64BE(at.BASE_OFFSET))
    try {
      const batch = new BatchReader(bytes, partition)
      const { lastOffset } = batch
      nextOffset = Math.max(nextOffset, lastOffset + 1)
      for (let begun = upcoming[next]; begun !== undefined && begun.firstOffset <= lastOffset; begun = upcoming[++next])
        aborting.add(begun.producerId)
      const attributes = bytes.readInt16BE(at.ATTRIBUTES)
      const producerId = Number(bytes.readBigInt64BE(at.PRODUCER_ID))
      if ((attributes & at.CONTROL) !== 0) {
        if (markerType(batch, partition) === ABORT) aborting.delete(producerId)
      } else if (((attributes & at.TRANSACTIONAL) === 0 || !aborting.has(producerId)) && batch.recordCount > 0) batches.push(batch)
    } catch (error) {
      if (!(error instanceof UnreadableBatchError)) throw error
      nextOffset = Math.max(nextOffset, baseOffset + 1)
      batches.push(new UnreadableBatch({ baseOffset, lastOffset: nextOffset - 1, sizeInBytes: bytes.length }, error))
      break
    }
  }
  return { batches, nextOffset }
}

/** The key of a control record is its version and its type, two bytes each. */
function markerType(marker: BatchReader, partition: string): number {
  if (!marker.next() || marker.key === null || marker.key.length < 4)
    throw new UnreadableBatchError(`Cannot read the control batch at ${partition}@${marker.baseOffset}: it has no valid key.`)
  return ((marker.key[2] ?? 0) << 8) | (marker.key[3] ?? 0)
}
