import { apiTopics } from '../api/index.ts'
import { bankTopics, bankTopology } from '../processors/index.ts'
import type { RecordCodec } from '../schemas/index.ts'
import { applicationTopics, type Topology, type TopicSpec } from '../topology/index.ts'
import { newToken } from './new-token.ts'

/** Names the bank's group, its internal topics and its transactional ids; all of its topics begin with it. */
export const APPLICATION = 'bank'

/** The bank as it runs everywhere: in one process, in many, in tests. */
export function bankApplication(codec: RecordCodec): Topology {
  return bankTopology({ codec, newToken })
}

/** Every topic that processors and API read or write. */
export function allTopics(topology: Topology, partitions: number): readonly TopicSpec[] {
  return [...applicationTopics(APPLICATION, topology, bankTopics(partitions)), ...apiTopics()]
}
