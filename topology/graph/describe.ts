import type { Subtopology, Topology, TopologyNode } from './topology.ts'

/** The topology as text, similar to Kafka's `TopologyDescription`. The text is stable, so tests can compare it with a snapshot. */
export function describeTopology({ subtopologies, globalStores }: Omit<Topology, 'describe'>): string {
  const globals = globalStores.map(({ store, topic }) => `  Global store: ${store.name} (topic: ${topic})`)
  return ['Topologies:', ...subtopologies.flatMap(describeSubtopology), ...globals].join('\n') + '\n'
}

function describeSubtopology({ id, nodes }: Subtopology): readonly string[] {
  const parents = new Map<string, string[]>()
  for (const node of nodes) {
    if (node.kind === 'sink') continue
    for (const child of node.children) parents.set(child, [...(parents.get(child) ?? []), node.name])
  }
  return [`  Sub-topology: ${id}`, ...nodes.flatMap((node) => describeNode(node, parents.get(node.name) ?? []))]
}

function describeNode(node: TopologyNode, parents: readonly string[]): readonly string[] {
  switch (node.kind) {
    case 'source':
      return [`    Source: ${node.name} (topics: [${node.topics.join(', ')}])`, arrow('-->', node.children)]
    case 'processor':
      return [`    Processor: ${node.name} (stores: [${node.stores.join(', ')}])`, arrow('-->', node.children), arrow('<--', parents)]
    case 'sink':
      return [`    Sink: ${node.name} (topic: ${typeof node.topic === 'string' ? node.topic : 'chosen per record'})`, arrow('<--', parents)]
  }
}

const arrow = (direction: string, names: readonly string[]) => `      ${direction} ${names.length === 0 ? 'none' : names.join(', ')}`
