import type { GraphNode } from '../ports/cluster.ts'

/** The schema's `NodeKind` of a topology's node. */
export function nodeKind(kind: GraphNode['kind']): string {
  switch (kind) {
    case 'source':
      return 'SOURCE'
    case 'processor':
      return 'PROCESSOR'
    case 'sink':
      return 'SINK'
    default:
      return kind satisfies never
  }
}
