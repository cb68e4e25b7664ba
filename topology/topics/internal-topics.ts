import { DEFAULT_RECORD_LIMITS, type TopicSpec } from '../broker/index.ts'
import type { InternalTopic, Topology } from '../graph/index.ts'

const NO_EXPIRY = { 'retention.ms': '-1' }
const LONGEST = String(2n ** 63n - 1n)
/** Whatever the broker's defaults, these topics keep every timestamp that an input topic took. Kafka Streams sets the type, too. */
const ANY_TIMESTAMP = {
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.before.max.ms': LONGEST,
  'message.timestamp.after.max.ms': LONGEST,
}
/** Room for the headers of a dead letter beside the largest record of an input topic. */
const LETTER_HEADERS_BYTES = 64 << 10

/** The application's topic for dead letters. */
export function deadLetterTopic(applicationId: string): string {
  return `${applicationId}-dead-letters`
}

/** The internal topic's name on the broker, prefixed with the application id. */
export function internalTopicName(applicationId: string, topic: InternalTopic): string {
  return `${applicationId}-${topic.name}`
}

/**
 * The specs of an application's own topics: repartition topics, changelogs, dead letters. `partitionsOf` returns the partition count of
 * a topic that exists or is declared, by its name on the broker, `maxMessageBytesOf` its `max.message.bytes`. Throws `RangeError` if a partition count cannot be derived.
 */
export function internalTopics(
  applicationId: string,
  topology: Topology,
  partitionsOf: (topic: string) => number | undefined,
  maxMessageBytesOf: (topic: string) => number | undefined = () => undefined,
): readonly TopicSpec[] {
  const byName = new Map(topology.internalTopics.map((topic) => [topic.name, topic]))
  const counts = new Map<string, number>()

  function countOf(name: string, path: readonly string[]): number {
    const topic = byName.get(name)
    const known = partitionsOf(topic === undefined ? name : internalTopicName(applicationId, topic)) ?? counts.get(name)
    if (known !== undefined) return known
    if (topic === undefined || path.includes(name))
      throw new RangeError(`Cannot derive the partition count of ${name}: no topic upstream of it exists. Create its source topics.`)
    const { partitions } = topic
    const count =
      typeof partitions === 'number' ? partitions : Math.max(1, ...partitions.asLargestOf.map((other) => countOf(other, [...path, name])))
    counts.set(name, count)
    return count
  }

  function largestLetter(): number {
    const inputs = topology.subtopologies.flatMap(({ sourceTopics }) => sourceTopics)
    const sizes = inputs.map((name) => maxMessageBytesOf(name) ?? 0)
    return Math.max(DEFAULT_RECORD_LIMITS.maxMessageBytes, ...sizes) + LETTER_HEADERS_BYTES
  }

  return [
    ...topology.internalTopics.map((topic) => ({
      name: internalTopicName(applicationId, topic),
      partitions: countOf(topic.name, []),
      config: { ...ANY_TIMESTAMP, ...(topic.kind === 'repartition' ? NO_EXPIRY : {}), ...topic.config },
    })),
    {
      name: deadLetterTopic(applicationId),
      partitions: 1,
      config: { ...ANY_TIMESTAMP, ...NO_EXPIRY, 'max.message.bytes': String(largestLetter()) },
    },
  ]
}
