import type { Admin, OffsetAndMetadata, TopicPartition } from '../../broker/index.ts'
import type { SourceNode } from '../../graph/index.ts'
import type { Clock } from '../../ports.ts'
import { offsetBounds, offsetOf } from '../state/index.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { decodePartitionTime } from './partition-time.ts'
import { RecordQueue } from './record-queue.ts'

export interface OpenQueuesOptions {
  readonly admin: Admin
  readonly partitions: readonly TopicPartition[]
  readonly sourceOf: (topic: string) => SourceNode
  readonly topicIdOf: (topic: string) => string | undefined
  readonly committed: readonly OffsetAndMetadata[]
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** A queue per input partition, at its committed offset, or where the source's offset reset says if none is stored. */
export async function openQueues(options: OpenQueuesOptions): Promise<readonly RecordQueue[]> {
  const { admin, partitions, sourceOf, topicIdOf, committed, clock, signal } = options
  const isNew = partitions.some((partition) => offsetOf(committed, partition) === undefined)
  const { ends, starts } = await unlessAborted(offsetBounds(admin, partitions, { isNew, end: 'latest' }), signal)
  return partitions.map((from) => {
    const source = sourceOf(from.topic)
    const end = offsetOf(ends, from) ?? 0
    const position = offsetOf(committed, from) ?? (source.offsetReset === 'latest' ? end : (offsetOf(starts, from) ?? 0))
    const partitionTime = decodePartitionTime(committed.find(isSame(from))?.metadata)
    return new RecordQueue({ ...from, topicId: topicIdOf(from.topic), source, position, knownEnd: end, partitionTime, clock })
  })
}

function isSame({ topic, partition }: TopicPartition): (other: TopicPartition) => boolean {
  return (other) => other.topic === topic && other.partition === partition
}
