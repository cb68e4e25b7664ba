import type { Serde } from '../../../state/index.ts'
import type { Topology } from '../../graph/index.ts'

/** How keys and values of a topic are written and read; null needs no serde. */
export interface TestSerdes<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** The serdes with which the topology itself reads the topic or, if it does not, writes to it. Throws `RangeError`. */
export function serdesOf(topology: Topology, topic: string): TestSerdes<unknown, unknown> {
  const nodes = topology.subtopologies.flatMap((subtopology) => subtopology.nodes)
  const node =
    nodes.find((one) => one.kind === 'source' && one.topics.includes(topic)) ??
    topology.globalStores.find((one) => one.topic === topic) ??
    nodes.find((one) => one.kind === 'sink' && one.topic === topic)
  if (node === undefined || !('keySerde' in node)) throw new RangeError(`The topology says nothing of topic "${topic}": give its serdes.`)
  return { key: node.keySerde, value: node.valueSerde }
}
