import type { Admin, PartitionOffset, TopicPartition } from '../../broker/index.ts'

export interface OffsetBounds {
  /** Behind what is committed. */
  readonly ends: readonly PartitionOffset[]
  /** Empty where nobody has to begin at the beginning. */
  readonly starts: readonly PartitionOffset[]
}

/** Where the partitions end, and, where somebody is new to them, where they begin; both are asked at once. */
export async function offsetBounds(
  admin: Admin,
  partitions: readonly TopicPartition[],
  { isNew, end }: { readonly isNew: boolean; readonly end: 'latest' | 'stable' },
): Promise<OffsetBounds> {
  const [ends, starts] = await Promise.all([admin.listOffsets(partitions, end), isNew ? admin.listOffsets(partitions, 'earliest') : []])
  return { ends, starts }
}

export function offsetOf(offsets: readonly PartitionOffset[], { topic, partition }: TopicPartition): number | undefined {
  return offsets.find((one) => one.topic === topic && one.partition === partition)?.offset
}
