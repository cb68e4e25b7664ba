/**
 * From the DSL's description to what the runtime runs. A `LogicalGraph` is the description: frozen nodes that name their parents, in
 * the order in which they were added. `buildTopology` runs the passes over it: insert repartition topics, validate, plan tables
 * (old values, stores, views), split into sub-topologies, compile. The result is a `Topology`: frozen sub-topologies of source,
 * processor and sink nodes. A `TopologyError` lists every problem of a graph that cannot be built. A
 * topology's *outline* is what instances and versions must agree on.
 */
export { buildTopology } from './build-topology.ts'
export type { AnyProcessorSupplier, LogicalGraph, LogicalNode, OperatorNode, TableOperatorNode } from './logical-graph.ts'
export type {
  GlobalStore,
  InternalTopic,
  ProcessorNode,
  SinkNode,
  SourceNode,
  StreamPartitioner,
  Subtopology,
  Topology,
  TopologyNode,
} from './topology.ts'
export { compareOutlines } from './compare-outlines.ts'
export { isTopologyOutline, outlineOf } from './outline.ts'
export type { TopologyOutline } from './outline.ts'
export { TopologyError } from './topology-error.ts'
