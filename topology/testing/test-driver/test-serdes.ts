import type { Serde } from '../../../state/index.ts'
import type { Topology } from '../../graph/index.ts'

/** How keys and values of a topic are written and read. Null needs no serde. */
export interface TestSerdes<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** The serdes with which the topology reads the topic or, if it does not read it, writes it. Throws `RangeError` if it does neither. */
export function serdesOf(topology: Topology, topic: string): TestSerdes<unknown, unknown> {
  const nodes = topology.subtopologies.flatMap((subtopology) => subtopology.nodes)
  const node =
    nodes.find((candidate) => candidate.kind === 'source' && candidate.topics.includes(topic)) ??
    topology.globalStores.find((store) => store.topic === topic) ??
    nodes.find((candidate) => candidate.kind === 'sink' && candidate.topic === topic)
  if (node === undefined || !('keySerde' in node))
    throw new RangeError(`The topology neither reads nor writes topic "${topic}": pass its serdes.`)
  return { key: node.keySerde, value: node.valueSerde }
}
