import type { StoreSpec } from '../../state/index.ts'
import type { PlacedNode } from './placed-node.ts'
import type { Subtopology, TopologyNode } from './topology.ts'
import { UnionFind } from './union-find.ts'

/**
 * Splits nodes into sub-topologies: nodes belong together if they forward records to each other or share a store. Sub-topologies
 * are numbered by their first node, so the same description always gives the same task ids.
 */
export function splitSubtopologies(placed: readonly PlacedNode[], taskStores: ReadonlyMap<string, StoreSpec>): readonly Subtopology[] {
  const connected = new UnionFind()
  for (const node of placed) {
    connected.add(`node ${node.name}`)
    for (const parent of node.parents) connected.join(`node ${parent}`, `node ${node.name}`)
    for (const store of storesOf(node)) if (taskStores.has(store)) connected.join(`node ${node.name}`, `store ${store}`)
  }
  const children = childrenByParent(placed)
  return connected.groups().map((members, id) => {
    const names = new Set(members)
    const nodes = placed.filter(({ name }) => names.has(`node ${name}`))
    return Object.freeze({
      id,
      nodes: nodes.map((node) => withChildren(node, children.get(node.name) ?? [])),
      stores: [...taskStores.values()].filter(({ name }) => names.has(`store ${name}`)),
      sourceTopics: nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])),
    })
  })
}

function childrenByParent(placed: readonly PlacedNode[]): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>()
  for (const { name, parents } of placed) {
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), name])
  }
  return children
}

function withChildren({ parents: _, ...node }: PlacedNode, children: readonly string[]): TopologyNode {
  return Object.freeze(node.kind === 'sink' ? node : { ...node, children })
}

const storesOf = (node: PlacedNode) => (node.kind === 'processor' ? node.stores : [])
