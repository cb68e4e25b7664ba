import type { TopicPartition } from './broker.ts'

/** Groups partitions by topic, as Kafka's requests nest them. */
export function byTopic<T extends TopicPartition>(partitions: readonly T[]): readonly (readonly [string, readonly T[]])[] {
  const topics = new Map<string, T[]>()
  for (const partition of partitions) {
    const partitionsOfTopic = topics.get(partition.topic)
    if (partitionsOfTopic === undefined) topics.set(partition.topic, [partition])
    else partitionsOfTopic.push(partition)
  }
  return [...topics]
}
