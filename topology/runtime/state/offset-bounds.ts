import type { Admin, PartitionOffset, TopicPartition } from '../../broker/index.ts'

export interface OffsetBounds {
  /** The offset after the last committed record of each partition. */
  readonly ends: readonly PartitionOffset[]
  /** Empty unless a reader begins at the beginning. */
  readonly starts: readonly PartitionOffset[]
}

/** Where the partitions end and, for a reader without a position, where they begin; both are asked for at once. */
export async function offsetBounds(
  admin: Admin,
  partitions: readonly TopicPartition[],
  { isNew, end }: { readonly isNew: boolean; readonly end: 'latest' | 'stable' },
): Promise<OffsetBounds> {
  const [ends, starts] = await Promise.all([admin.listOffsets(partitions, end), isNew ? admin.listOffsets(partitions, 'earliest') : []])
  return { ends, starts }
}

export function offsetOf(offsets: readonly PartitionOffset[], { topic, partition }: TopicPartition): number | undefined {
  return offsets.find((candidate) => candidate.topic === topic && candidate.partition === partition)?.offset
}
