import type { TopologyGraph } from '../../api/index.ts'
import type { Topology, TopologyNode } from '../../topology/index.ts'

/** The built topology as the graph that the page shows. */
export function viewOf(topology: Topology): TopologyGraph {
  return {
    description: topology.describe(),
    subtopologies: topology.subtopologies.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map((node) => ({
        id: `${id}/${node.name}`,
        name: node.name,
        kind: node.kind,
        topics: topicsOf(node),
        stores: node.kind === 'processor' ? node.stores : [],
        children: node.kind === 'sink' ? [] : node.children.map((child) => `${id}/${child}`),
      })),
    })),
  }
}

function topicsOf(node: TopologyNode): readonly string[] {
  switch (node.kind) {
    case 'source':
      return node.topics
    case 'sink':
      return typeof node.topic === 'string' ? [node.topic] : []
    case 'processor':
      return []
    default:
      return node satisfies never
  }
}
