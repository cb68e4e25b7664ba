import type { StorageOperation } from '../../../state/index.ts'
import type { PartitionOffset } from '../broker.ts'
import { UnknownTopicError } from '../errors.ts'
import type { RecordBatchBuilder } from '../record-batch/index.ts'
import { compressionOf } from './compression-of.ts'
import type { PartitionLog, SealedBatch } from './partition-log.ts'

interface PartitionBatches {
  readonly topic: string
  readonly partition: number
  readonly batches: SealedBatch[]
  nextSequence: number
}

/** Sealed batches without offsets yet, by partition. */
export class PendingBatches {
  readonly #byLog = new Map<PartitionLog, PartitionBatches>()

  add(log: PartitionLog, topic: string, partition: number, builder: RecordBatchBuilder, producerId: number, producerEpoch: number): void {
    let pending = this.#byLog.get(log)
    if (pending === undefined) this.#byLog.set(log, (pending = { topic, partition, batches: [], nextSequence: 0 }))
    const transactional = producerId >= 0
    const firstSequence = transactional ? pending.nextSequence : -1
    const compression = compressionOf(log.settings)
    const bytes = builder.seal({
      baseOffset: 0,
      producerId,
      producerEpoch,
      firstSequence,
      transactional,
      ...(compression && { compression }),
    })
    pending.batches.push({
      bytes,
      recordCount: builder.recordCount,
      maxTimestamp: builder.maxTimestamp,
    })
    pending.nextSequence += builder.recordCount
  }

  has(log: PartitionLog): boolean {
    return this.#byLog.has(log)
  }

  /** Assigns offsets to all batches and adds their rows. Returns the offset after the last record of each partition. */
  place(gap: number, appendedAt: number, operations: StorageOperation[], apply: (() => void)[]): PartitionOffset[] {
    for (const [log, { topic }] of this.#byLog) if (log.deleted) throw new UnknownTopicError(`Topic ${topic} was deleted: create it again.`)
    const results: PartitionOffset[] = []
    for (const [log, { topic, partition, batches }] of this.#byLog) {
      const entries = log.reserve(batches, gap, appendedAt, operations)
      apply.push(() => log.publish(entries, gap))
      results.push({
        topic,
        partition,
        offset: (entries.at(-1)?.lastOffset ?? 0) + 1,
      })
    }
    return results
  }
}
