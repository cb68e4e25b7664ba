import type { TopicSpec } from '../broker/index.ts'
import type { InternalTopic, Topology } from '../graph/index.ts'

const KEPT_FOR_EVER = { 'retention.ms': '-1' }

/** Where an application's dead letters go. */
export function deadLetterTopic(applicationId: string): string {
  return `${applicationId}-dead-letters`
}

/** Internal topics bear the application's name on the broker. */
export function internalTopicName(applicationId: string, topic: InternalTopic): string {
  return `${applicationId}-${topic.name}`
}

/**
 * The topics that an application has for itself: repartition topics, changelogs, dead letters. `partitionsOf` tells how many
 * partitions a topic has that is there or is to be made, by its name on the broker. Throws `RangeError` where a number follows from nothing.
 */
export function internalTopics(
  applicationId: string,
  topology: Topology,
  partitionsOf: (topic: string) => number | undefined,
): readonly TopicSpec[] {
  const byName = new Map(topology.internalTopics.map((topic) => [topic.name, topic]))
  const counts = new Map<string, number>()

  function countOf(name: string, path: readonly string[]): number {
    const topic = byName.get(name)
    const there = partitionsOf(topic === undefined ? name : internalTopicName(applicationId, topic)) ?? counts.get(name)
    if (there !== undefined) return there
    if (topic === undefined || path.includes(name)) throw new RangeError(`The number of partitions of ${name} follows from nothing.`)
    const { partitions } = topic
    const count =
      typeof partitions === 'number' ? partitions : Math.max(1, ...partitions.asLargestOf.map((other) => countOf(other, [...path, name])))
    counts.set(name, count)
    return count
  }

  return [
    ...topology.internalTopics.map((topic) => ({
      name: internalTopicName(applicationId, topic),
      partitions: countOf(topic.name, []),
      config: topic.kind === 'repartition' ? { ...KEPT_FOR_EVER, ...topic.config } : topic.config,
    })),
    { name: deadLetterTopic(applicationId), partitions: 1, config: KEPT_FOR_EVER },
  ]
}
