import type { ProcessorNode, SinkNode, SourceNode } from './topology.ts'

/** A node before its children are known. */
export type PlacedNode = (Omit<SourceNode, 'children'> | Omit<ProcessorNode, 'children'> | SinkNode) & {
  readonly parents: readonly string[]
}
