/**
 * The logical graph: what the DSL describes, as frozen data. A node refers to its parents by name; nodes stand in the order in
 * which they were drawn, so a node always stands behind its parents, and children receive records in that order.
 * The passes of this folder turn one graph into another and at last into a `Topology`.
 */
import type { Serde, StoreSpec } from '../../state/index.ts'
import type { OperatorPlan } from '../operators/operator-plan.ts'
import type { OpenView } from '../operators/table-view.ts'
import type { ProcessorSupplier, Record } from '../processor.ts'
import type { StreamPartitioner, TimestampExtractor } from './topology.ts'

export interface LogicalGraph {
  readonly nodes: readonly LogicalNode[]
  /** All stores by declaration: those added by hand and those an operator asks for. */
  readonly stores: readonly StoreSpec[]
  /** What was found wrong while drawing. */
  readonly problems: readonly string[]
}

export type LogicalNode =
  StreamSourceNode | TableSourceNode | GlobalTableNode | PartitionNode | OperatorNode | TableOperatorNode | StreamSinkNode

/** Whether an operator wants the old values of its parents: not at all, where they are known anyhow, or at all costs. */
export type OldValueUse = 'unused' | 'if-known' | 'needed'

/** A supplier whose types were checked where it was drawn. */
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
  /** `when-needed`: stored only if a lookup or an operator that needs old values stands behind it. */
  readonly materialize: 'always' | 'when-needed'
}

export interface GlobalTableNode extends CommonNode {
  readonly kind: 'global-table'
  readonly topic: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly store: StoreSpec
}

/**
 * From here on records lie in the partition of their key. With `force` they always pass through a repartition topic,
 * else only where an operator above may have changed the key.
 */
export interface PartitionNode extends CommonNode {
  readonly kind: 'partition'
  readonly force: boolean
  /** The topic is called `<topic>-repartition`; undefined: nobody named it, a problem if it turns out to be needed. */
  readonly topic?: string
  readonly keySerde?: Serde<unknown>
  readonly valueSerde?: Serde<unknown>
  readonly partitions?: number
}

export interface OperatorNode extends CommonNode {
  readonly kind: 'operator'
  /** Its output may have another key than its input. */
  readonly rekeys: boolean
  /** Names of the stores it works on. */
  readonly stores: readonly string[]
  /** Tables it looks up by key, in the order in which `supplier` gets their views. */
  readonly reads: readonly string[]
  /** It asks those tables for past rows, so they must be versioned. */
  readonly readsHistory: boolean
  /** Nodes whose topics must have as many partitions as those of its parents (the other sides of a join). */
  readonly copartitionedWith: readonly string[]
  readonly parentsOldValues: OldValueUse
  /** Has a use for records without a key (left and outer joins), which a repartition in front of it must then let through. */
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
  /** The store that holds the table. Without one the table is only a view of its parents. */
  readonly store?: StoreSpec
  /** Its rows belong to windows, which take records until so long after their end, milliseconds. */
  readonly closesAfterMs?: number
  /** How to look a key up where nothing is stored. */
  readonly view?: (parents: readonly OpenView[]) => OpenView
  /**
   * Where old values come from if someone behind wants them: the operator knows them itself; its parents must send them
   * too; or they must even where nobody insists (a join knows its own only so).
   */
  readonly oldValues: 'own' | 'from-parents' | 'at-parents-cost'
  readonly supplier: (plan: OperatorPlan) => AnyProcessorSupplier
}

export interface StreamSinkNode extends CommonNode {
  readonly kind: 'sink'
  readonly topic: string | ((record: Record<unknown, unknown>) => string)
  readonly keySerde?: Serde<unknown>
  readonly valueSerde?: Serde<unknown>
  readonly partitioner?: StreamPartitioner
}
