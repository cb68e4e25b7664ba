import type { LogicalGraph } from './logical-graph.ts'

/**
 * The nodes that must forward records without a key, because a left or outer join is downstream of them. Every other repartition
 * drops such records, because they belong to no partition.
 */
export function nodesKeepingNullKeys({ nodes }: LogicalGraph): ReadonlySet<string> {
  const keeping = new Set<string>()
  for (const node of nodes.toReversed()) {
    if (keeping.has(node.name) || (node.kind === 'operator' && node.takesNullKeys)) for (const parent of node.parents) keeping.add(parent)
  }
  return keeping
}
