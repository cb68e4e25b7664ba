import type { ProcessorNode, SinkNode, SourceNode } from './topology.ts'

/** A topology node that still names its parents; its children are filled in by the split into sub-topologies. */
export type PlacedNode = (Omit<SourceNode, 'children'> | Omit<ProcessorNode, 'children'> | SinkNode) & {
  readonly parents: readonly string[]
}
