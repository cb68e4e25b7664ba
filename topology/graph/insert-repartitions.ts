/**
 * First pass: a partition node stays (and becomes a repartition topic) where it is forced or where the key may have changed
 * since the last topic; elsewhere it is taken out and its children hang on its parent.
 */
import type { LogicalGraph, LogicalNode } from './logical-graph.ts'

export function insertRepartitions(graph: LogicalGraph): LogicalGraph {
  const rekeyed = new Map<string, boolean>()
  const replacedBy = new Map<string, string>()
  const nodes: LogicalNode[] = []
  for (const drawn of graph.nodes) {
    const node = withParents(drawn, replacedBy)
    const changedAbove = node.parents.some((parent) => rekeyed.get(parent) ?? false)
    if (node.kind === 'partition' && !node.force && !changedAbove) {
      const [parent] = node.parents
      if (parent !== undefined) replacedBy.set(node.name, parent)
      continue
    }
    nodes.push(node)
    rekeyed.set(node.name, node.kind !== 'partition' && (changedAbove || changesKey(node)))
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
