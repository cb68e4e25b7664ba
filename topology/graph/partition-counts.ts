import type { LogicalGraph, LogicalNode, PartitionNode } from './logical-graph.ts'
import { UnionFind } from './union-find.ts'

export interface PartitionCounts {
  /** Groups of two or more topics that must have equal partition counts. Repartition topics by their name without the prefix. */
  readonly copartitioned: readonly (readonly string[])[]
  /** The partition count of a repartition topic: a fixed number, or that of the largest of these topics. */
  partitionsOf(node: PartitionNode): number | { readonly asLargestOf: readonly string[] }
}

/** The repartition topic of a partition node, without the application's prefix. */
export const repartitionTopic = (node: PartitionNode): string => `${node.topic ?? node.name}-repartition`

/** Finds the topics that a join requires to be co-partitioned, and from that the partition count of each repartition topic. */
export function countPartitions(graph: LogicalGraph): PartitionCounts {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]))
  const topicsFeeding = (name: string): readonly string[] => {
    const node = byName.get(name)
    return node === undefined ? [] : (topicsRead(node) ?? node.parents.flatMap(topicsFeeding))
  }
  const groups = new UnionFind()
  for (const node of graph.nodes) {
    if (!('copartitionedWith' in node) || node.copartitionedWith.length === 0) continue
    const [first, ...others] = [...node.parents, ...node.copartitionedWith].flatMap(topicsFeeding)
    if (first !== undefined) for (const other of others) groups.join(first, other)
  }
  const repartitions = new Map(graph.nodes.filter((node) => node.kind === 'partition').map((node) => [repartitionTopic(node), node]))
  const copartitioned = groups.groups().filter((topics) => topics.length > 1)

  const partitionsOf = (node: PartitionNode) => {
    if (node.partitions !== undefined) return node.partitions
    const topic = repartitionTopic(node)
    const group = copartitioned.find((topics) => topics.includes(topic)) ?? [topic]
    const fixed = group.map((name) => repartitions.get(name)?.partitions).find((count) => count !== undefined)
    if (fixed !== undefined) return fixed
    const external = group.filter((name) => !repartitions.has(name))
    const upstream = group.flatMap((name) => repartitions.get(name)?.parents.flatMap(topicsFeeding) ?? [])
    return { asLargestOf: external.length > 0 ? external : [...new Set(upstream)].sort() }
  }
  return { copartitioned, partitionsOf }
}

function topicsRead(node: LogicalNode): readonly string[] | undefined {
  switch (node.kind) {
    case 'stream-source':
      return node.topics
    case 'table-source':
      return [node.topic]
    case 'global-table':
      return []
    case 'partition':
      return [repartitionTopic(node)]
    case 'operator':
    case 'table-operator':
    case 'sink':
      return undefined
  }
}
