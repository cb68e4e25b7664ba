/**
 * What stands between the DSL and the runtime: a `Topology` is frozen data, cut into sub-topologies of source, processor and sink
 * nodes; a `TopologyError` lists every problem of one that cannot be built; a `Change` is the value of a table's stream.
 */
export type {
  GlobalStore,
  InternalTopic,
  ProcessorNode,
  SinkNode,
  SourceNode,
  StreamPartitioner,
  Subtopology,
  TimestampExtractor,
  Topology,
  TopologyNode,
} from './topology.ts'
export { TopologyError } from './topology-error.ts'
export type { Change } from '../operators/change.ts'
