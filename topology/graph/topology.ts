/**
 * The compiled topology: frozen data that the runtime turns into tasks. The DSL makes it through `graph/`'s passes; the
 * runtime knows nothing of the DSL.
 */
import type { Serde, StoreSpec } from '../../state/index.ts'
import type { ProcessorSupplier, Record } from '../processor.ts'

export interface Topology {
  readonly subtopologies: readonly Subtopology[]
  /** Stores that every instance holds in full, fed by all partitions of one topic. */
  readonly globalStores: readonly GlobalStore[]
  readonly internalTopics: readonly InternalTopic[]
  /**
   * Topics that meet in a join and so must have the same number of partitions: the runtime refuses to start otherwise.
   * Internal topics by their name without the prefix.
   */
  readonly copartitioned: readonly (readonly string[])[]
  describe(): string
}

export interface Subtopology {
  readonly id: number
  /** In topological order: a node stands behind all its parents. */
  readonly nodes: readonly TopologyNode[]
  readonly stores: readonly StoreSpec[]
  /** Source topics (external and repartition). There are as many tasks as the largest of them has partitions. */
  readonly sourceTopics: readonly string[]
}

export type TopologyNode = SourceNode | ProcessorNode | SinkNode

/** A null key or value (no bytes) is handed on as null and never goes through a serde. */
export interface SourceNode {
  readonly kind: 'source'
  readonly name: string
  readonly topics: readonly string[]
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor?: TimestampExtractor
  /** Where a group without a committed offset begins; default `earliest`. */
  readonly offsetReset: 'earliest' | 'latest'
  readonly children: readonly string[]
}

export type TimestampExtractor = (record: Record<unknown, unknown>, streamTime: number) => number

export interface ProcessorNode {
  readonly kind: 'processor'
  readonly name: string
  readonly supplier: ProcessorSupplier<never, never, unknown, unknown>
  /** Stores of the sub-topology, and global stores, that this processor may open. */
  readonly stores: readonly string[]
  readonly children: readonly string[]
}

export interface SinkNode {
  readonly kind: 'sink'
  readonly name: string
  /** A topic, or the choice of one from the record. */
  readonly topic: string | ((record: Record<unknown, unknown>) => string)
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** Default: Kafka's murmur2 of the serialized key. */
  readonly partitioner?: StreamPartitioner
}

export type StreamPartitioner = (topic: string, key: unknown, value: unknown, partitions: number) => number

export interface GlobalStore {
  readonly store: StoreSpec
  readonly topic: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
}

/** Names are without the application's prefix: the runtime calls them `<applicationId>-<name>`. */
export interface InternalTopic {
  readonly name: string
  readonly kind: 'repartition' | 'changelog'
  /**
   * A fixed number, or the largest number of partitions among these topics (of the sub-topology or its upstream), which
   * may be internal themselves.
   */
  readonly partitions: number | { readonly asLargestOf: readonly string[] }
  readonly config: Readonly<globalThis.Record<string, string>>
}
