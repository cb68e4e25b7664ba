import type { Compression, Serde, StoreSpec } from '../../state/index.ts'
import type { OpenView, OperatorPlan } from '../operators/index.ts'
import type { ProcessorSupplier, Record } from '../processor.ts'
import type { TimestampExtractor } from '../timestamp-extractors.ts'
import type { StreamPartitioner } from './topology.ts'

/**
 * What the DSL describes, as frozen data. A node names its parents. Nodes are in the order in which they were added, so a node
 * always follows its parents, and children receive records in that order.
 */
export interface LogicalGraph {
  readonly nodes: readonly LogicalNode[]
  /** All declared stores: those passed to `addStateStore` and those that an operator declares. */
  readonly stores: readonly StoreSpec[]
  /** Problems found while the graph was described. */
  readonly problems: readonly string[]
}

export type LogicalNode =
  StreamSourceNode | TableSourceNode | GlobalTableNode | PartitionNode | OperatorNode | TableOperatorNode | StreamSinkNode

/** Whether an operator uses the old values of its parents' changes: never, only where they are known anyway, or always. */
export type OldValueUse = 'unused' | 'if-known' | 'needed'

/** A supplier whose types the DSL has already checked. */
export type AnyProcessorSupplier = ProcessorSupplier<never, never, unknown, unknown>

interface CommonNode {
  /** Unique in the graph. */
  readonly name: string
  readonly parents: readonly string[]
}

export interface StreamSourceNode extends CommonNode {
  readonly kind: 'stream-source'
  readonly topics: readonly string[]
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor?: TimestampExtractor
  readonly offsetReset: 'earliest' | 'latest'
}

export interface TableSourceNode extends CommonNode {
  readonly kind: 'table-source'
  readonly topic: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor?: TimestampExtractor
  readonly store: StoreSpec
  /** `when-needed`: stored only if a lookup or an operator that needs old values is downstream. */
  readonly materialize: 'always' | 'when-needed'
}

export interface GlobalTableNode extends CommonNode {
  readonly kind: 'global-table'
  readonly topic: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly timestampExtractor?: TimestampExtractor
  readonly store: StoreSpec
}

/**
 * Downstream of this node each record is in the partition of its key. With `force`, records always pass through a repartition
 * topic, otherwise only if an operator upstream may have changed the key.
 */
export interface PartitionNode extends CommonNode {
  readonly kind: 'partition'
  readonly force: boolean
  /** The topic is called `<topic>-repartition`. undefined: not named, which is a problem if the topic turns out to be needed. */
  readonly topic?: string
  readonly keySerde?: Serde<unknown>
  readonly valueSerde?: Serde<unknown>
  readonly partitions?: number
  readonly compression?: Compression
}

export interface OperatorNode extends CommonNode {
  readonly kind: 'operator'
  /** Output records may have a different key. */
  readonly rekeys: boolean
  /** Names of the stores that its processor opens. */
  readonly stores: readonly string[]
  /** Tables that it looks keys up in, in the order in which `supplier` receives their views. */
  readonly reads: readonly string[]
  /** It looks up past rows, so the tables in `reads` must be versioned. */
  readonly readsHistory: boolean
  /** Nodes whose topics must have as many partitions as those of its parents: the other sides of a join. */
  readonly copartitionedWith: readonly string[]
  readonly parentsOldValues: OldValueUse
  /** Processes records without a key (left and outer joins), so a repartition upstream must let them through. */
  readonly takesNullKeys: boolean
  readonly supplier: (plan: OperatorPlan) => AnyProcessorSupplier
}

/** An operator whose output is a table: a stream of `Change`s. */
export interface TableOperatorNode extends CommonNode {
  readonly kind: 'table-operator'
  readonly rekeys: boolean
  readonly stores: readonly string[]
  readonly reads: readonly string[]
  readonly copartitionedWith: readonly string[]
  readonly parentsOldValues: OldValueUse
  /** The store that holds the table. Without one the table is only a view over its parents. */
  readonly store?: StoreSpec
  /** For a windowed table: how long after their end its windows accept records, in milliseconds. */
  readonly closesAfterMs?: number
  /** It holds changes back, and until then look-ups see the old values (`suppress`). */
  readonly holdsBack?: boolean
  /** How to look a key up if the table is not stored. */
  readonly view?: (parents: readonly OpenView[]) => OpenView
  /**
   * Where the old values come from that a node downstream uses. `own`: the operator knows them itself. `from-parents`: its parents
   * must send theirs. `forced-from-parents`: its parents must send theirs even if downstream only uses known ones, because a join
   * cannot compute its old values otherwise.
   */
  readonly oldValues: 'own' | 'from-parents' | 'forced-from-parents'
  readonly supplier: (plan: OperatorPlan) => AnyProcessorSupplier
}

export interface StreamSinkNode extends CommonNode {
  readonly kind: 'sink'
  readonly topic: string | ((record: Record<unknown, unknown>) => string)
  readonly keySerde?: Serde<unknown>
  readonly valueSerde?: Serde<unknown>
  readonly partitioner?: StreamPartitioner
  readonly compression?: Compression
}
