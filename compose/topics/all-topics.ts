import { apiTopics } from '../../api/index.ts'
import { bankTopics } from '../../processors/index.ts'
import { applicationTopics, type Topology, type TopicSpec } from '../../topology/index.ts'
import { APPLICATION } from '../application.ts'

/** Every topic that the processors and the API read or write. */
export function allTopics(topology: Topology, partitions: number): readonly TopicSpec[] {
  return [...applicationTopics(APPLICATION, topology, bankTopics(partitions)), ...apiTopics()]
}
