/**
 * Which nodes must hand on records without a key, because a left or outer join stands somewhere behind them. In front of
 * every other repartition topic such records are left out: they belong to no partition.
 */
import type { LogicalGraph } from './logical-graph.ts'

export function nodesKeepingNullKeys({ nodes }: LogicalGraph): ReadonlySet<string> {
  const keeping = new Set<string>()
  for (const node of nodes.toReversed()) {
    if (keeping.has(node.name) || (node.kind === 'operator' && node.takesNullKeys)) for (const parent of node.parents) keeping.add(parent)
  }
  return keeping
}
