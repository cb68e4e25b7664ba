import { recordLimits, type TopicSpec } from '../../broker/index.ts'
import type { Topology } from '../../graph/index.ts'
import { internalTopics } from '../../topics/index.ts'
import { withParkedKeys } from '../dead-letters/index.ts'

/** All topics of an application: those declared (its sources at least), and its internal ones. */
export function applicationTopics(applicationId: string, topology: Topology, declared: readonly TopicSpec[]): readonly TopicSpec[] {
  const byName = new Map(declared.map((topic) => [topic.name, topic]))
  const maxMessageBytesOf = (topic: string): number => recordLimits(byName.get(topic)?.config ?? {}).maxMessageBytes
  const internal = internalTopics(applicationId, withParkedKeys(topology), (topic) => byName.get(topic)?.partitions, maxMessageBytesOf)
  return [...declared, ...internal]
}
