/**
 * The fluent surface. A `StreamsBuilder` describes sources (`stream`, `table`, `globalTable`); a `KStream` is a sequence of facts, a
 * `KTable` the last value of each key, a `GlobalKTable` one that every instance holds in full. `groupByKey`/`groupBy` lead to a
 * `KGroupedStream` and, with windows, to a `TimeWindowedKStream`, whose aggregations give tables. Nothing here runs: `build()`
 * turns the description into a `Topology`, or throws one `TopologyError` with every problem in it.
 * Functions take the subject first and the key last. What is stored or repartitioned is named by the developer.
 */
export { StreamsBuilder } from './streams-builder.ts'
export type { Consumed, StreamOptions, TableSourceOptions } from './streams-builder.ts'
export { KStream } from './k-stream.ts'
export type { KeyValue } from '../operators/map.ts'
export type { GroupOptions, KeyValueOptions, NameOption, ProcessOptions, RepartitionOptions, ToOptions, ValueOptions } from './k-stream.ts'
export { BranchedKStream } from './branched-k-stream.ts'
export { KTable } from './k-table.ts'
export type { TableGroupOptions } from './k-table.ts'
export { KGroupedTable } from './k-grouped-table.ts'
export { GlobalKTable } from './global-k-table.ts'
export { KGroupedStream } from './k-grouped-stream.ts'
export type { AggregateOptions } from './k-grouped-stream.ts'
export { TimeWindowedKStream } from './time-windowed-k-stream.ts'
export type { WindowedByOptions } from './time-windowed-k-stream.ts'
export { CogroupedKStream, WindowedCogroupedKStream } from './cogrouped-k-stream.ts'
export type { WindowRetention, Windows } from './window-table.ts'
export { sliding } from '../operators/sliding-windows.ts'
export type { SlidingOptions, SlidingWindows } from '../operators/sliding-windows.ts'
export { hopping, tumbling } from '../operators/time-windows.ts'
export type { HoppingOptions, TimeWindows, TumblingOptions } from '../operators/time-windows.ts'
export { joinWindow } from '../operators/join-windows.ts'
export type { JoinWindows } from '../operators/join-windows.ts'
export type { Materialized, TableOptions, Versioned } from './materialized.ts'
export type { GlobalJoinOptions, TableJoinOptions } from './stream-table-joins.ts'
export type { TableTableJoinOptions } from './table-table-joins.ts'
export type { StreamJoinOptions } from './stream-stream-joins.ts'
export { untilTimeLimit, untilWindowCloses } from '../operators/suppress-rule.ts'
export type { SuppressRule, TimeLimitOptions } from '../operators/suppress-rule.ts'
