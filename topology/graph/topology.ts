import type { Compression, Serde, StoreSpec } from '../../state/index.ts'
import type { ProcessorSupplier, Record } from '../processor.ts'
import type { TimestampExtractor } from '../timestamp-extractors.ts'

/** Frozen data that the runtime turns into tasks. */
export interface Topology {
  readonly subtopologies: readonly Subtopology[]
  /** Stores that every instance holds in full, filled from all partitions of one topic. */
  readonly globalStores: readonly GlobalStore[]
  readonly internalTopics: readonly InternalTopic[]
  /**
   * Groups of topics that are joined and must have the same number of partitions: the runtime refuses to start otherwise.
   * Internal topics by their name without the prefix.
   */
  readonly copartitioned: readonly (readonly string[])[]
  describe(): string
}

export interface Subtopology {
  readonly id: number
  /** In topological order: a node follows all its parents. */
  readonly nodes: readonly TopologyNode[]
  readonly stores: readonly StoreSpec[]
  /** Source topics (external and repartition). There are as many tasks as the largest of them has partitions. */
  readonly sourceTopics: readonly string[]
}

export type TopologyNode = SourceNode | ProcessorNode | SinkNode

/** A null key or value is forwarded as null without a call to a serde. */
export interface SourceNode {
  readonly kind: 'source'
  readonly name: string
  readonly topics: readonly string[]
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** Default: `failOnInvalidTimestamp`. */
  readonly timestampExtractor?: TimestampExtractor
  /** Where the group starts to read a partition without a committed offset. */
  readonly offsetReset: 'earliest' | 'latest'
  readonly children: readonly string[]
}

export interface ProcessorNode {
  readonly kind: 'processor'
  readonly name: string
  readonly supplier: ProcessorSupplier<never, never, unknown, unknown>
  /** The stores that this processor may open: of the sub-topology, or global. */
  readonly stores: readonly string[]
  readonly children: readonly string[]
}

export interface SinkNode {
  readonly kind: 'sink'
  readonly name: string
  /** A topic, or a function that chooses one per record. */
  readonly topic: string | ((record: Record<unknown, unknown>) => string)
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** Default: Kafka's murmur2 of the serialized key. */
  readonly partitioner?: StreamPartitioner
  /** How batches for the topic are compressed. Default: as the application says. */
  readonly compression?: Compression
}

export type StreamPartitioner = (topic: string, key: unknown, value: unknown, partitions: number) => number

export interface GlobalStore {
  readonly store: StoreSpec
  readonly topic: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor?: TimestampExtractor
}

/** Its name has no prefix: on the broker it is `<applicationId>-<name>`. */
export interface InternalTopic {
  readonly name: string
  readonly kind: 'repartition' | 'changelog'
  /**
   * A fixed number, or that of the largest of these topics (of the sub-topology or upstream of it), which may be internal
   * themselves.
   */
  readonly partitions: number | { readonly asLargestOf: readonly string[] }
  readonly config: Readonly<globalThis.Record<string, string>>
  /** How batches for it are compressed. Default: as the application says. */
  readonly compression?: Compression
  /** A changelog whose rows belong to their partition whatever the keys of the input are: it grows with the number of tasks. */
  readonly growsWithTasks?: true
}
