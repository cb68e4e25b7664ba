import type { LogicalGraph, LogicalNode } from './logical-graph.ts'

/**
 * First pass: keeps a partition node, which becomes a repartition topic, if it is forced or if the key may have changed since the
 * last topic. Removes it otherwise and attaches its children to its parent.
 */
export function insertRepartitions(graph: LogicalGraph): LogicalGraph {
  const rekeyed = new Map<string, boolean>()
  const replacedBy = new Map<string, string>()
  const nodes: LogicalNode[] = []
  for (const described of graph.nodes) {
    const node = withParents(described, replacedBy)
    const isRekeyedUpstream = node.parents.some((parent) => rekeyed.get(parent) ?? false)
    if (node.kind === 'partition' && !node.force && !isRekeyedUpstream) {
      const [parent] = node.parents
      if (parent !== undefined) replacedBy.set(node.name, parent)
      continue
    }
    nodes.push(node)
    rekeyed.set(node.name, node.kind !== 'partition' && (isRekeyedUpstream || changesKey(node)))
  }
  return { ...graph, nodes }
}

function withParents(node: LogicalNode, replacedBy: ReadonlyMap<string, string>): LogicalNode {
  const current = (name: string) => replacedBy.get(name) ?? name
  const parents = node.parents.map(current)
  return 'copartitionedWith' in node ? { ...node, parents, copartitionedWith: node.copartitionedWith.map(current) } : { ...node, parents }
}

function changesKey(node: LogicalNode): boolean {
  return (node.kind === 'operator' || node.kind === 'table-operator') && node.rekeys
}
