/**
 * The operators below the DSL. Each is a `ProcessorSupplier`: it makes one processor per task, over that task's stores. An operator
 * on a stream receives records; an operator on a table receives each update as a `Change` (old and new value). A table is read
 * through a `TableView`: its store, or a computation over its parents' views. `OperatorPlan` is what the graph's passes have
 * decided for one operator. Windows, rules and serdes are the data that operators are configured with.
 * Operators know neither the DSL nor the graph.
 */
export type { Change } from './change.ts'
export { changeSerde } from './change-serde.ts'
export type { OperatorPlan } from './operator-plan.ts'
export { viewOfStore } from './table-view.ts'
export type { OpenView } from './table-view.ts'

export { branch } from './branch.ts'
export type { Branch } from './branch.ts'
export { dropNullKeys } from './drop-null-keys.ts'
export { filter } from './filter.ts'
export { flatMap } from './flat-map.ts'
export { flatMapValues } from './flat-map-values.ts'
export { forEach } from './for-each.ts'
export { map } from './map.ts'
export type { KeyValue } from './map.ts'
export { mapValues } from './map-values.ts'
export { passThrough } from './pass-through.ts'
export { peek } from './peek.ts'
export { selectKey } from './select-key.ts'

export { aggregate } from './aggregate.ts'
export { reduce } from './reduce.ts'
export { slidingWindowAggregate } from './sliding-window-aggregate.ts'
export { sliding } from './sliding-windows.ts'
export type { SlidingOptions, SlidingWindows } from './sliding-windows.ts'
export { hopping, tumbling } from './time-windows.ts'
export type { HoppingOptions, TimeWindows, TumblingOptions } from './time-windows.ts'
export { windowAggregate } from './window-aggregate.ts'
export type { WindowAggregateOptions } from './window-aggregate.ts'

export { sideKeySerde, sideValueSerde } from './join-side.ts'
export { joinWindow } from './join-windows.ts'
export type { JoinWindows } from './join-windows.ts'
export { SharedJoinTimes, streamStreamJoinSide } from './stream-stream-join.ts'
export { tableJoin } from './table-join.ts'
export type { TableJoinOptions } from './table-join.ts'
export { tableJoinWithinGrace } from './table-join-within-grace.ts'
export { tableJoinResult, tableJoinSide, tableJoinView } from './table-table-join.ts'

export { suppress, suppressView } from './suppress.ts'
export { untilTimeLimit, untilWindowCloses } from './suppress-rule.ts'
export type { SuppressRule, TimeLimitOptions } from './suppress-rule.ts'
export { suppressedSerde } from './suppressed-serde.ts'
export { tableAggregate } from './table-aggregate.ts'
export type { TableAggregateOptions } from './table-aggregate.ts'
export { tableRegroup } from './table-regroup.ts'
export { tableSource } from './table-source.ts'
export { tableValues, tableValuesView } from './table-values.ts'
export { toStream } from './to-stream.ts'
