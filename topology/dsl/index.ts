/**
 * The fluent API. A `StreamsBuilder` describes sources (`stream`, `table`, `globalTable`). A `KStream` is a sequence of records, a
 * `KTable` the latest value of each key, a `GlobalKTable` a table that every instance holds in full. `groupByKey` and `groupBy`
 * return a `KGroupedStream` and, with windows, a `TimeWindowedKStream`, whose aggregations are tables. Nothing runs here: `build()`
 * turns the description into a `Topology`, or throws one `TopologyError` with every problem.
 * Callbacks receive the value first and the key last. The developer names whatever is stored or repartitioned. Inside the folder, a
 * `GraphBuilder` collects nodes, and a `NodeOutput` is the node and serdes that a stream or table stands for.
 */
export { StreamsBuilder } from './streams-builder.ts'
export type { Consumed, StreamOptions, TableSourceOptions } from './streams-builder.ts'
export { KStream } from './k-stream.ts'
export type { KeyValue } from '../operators/index.ts'
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
export { hopping, joinWindow, sliding, tumbling, untilTimeLimit, untilWindowCloses } from '../operators/index.ts'
export type {
  HoppingOptions,
  JoinWindows,
  SlidingOptions,
  SlidingWindows,
  SuppressRule,
  TimeLimitOptions,
  TimeWindows,
  TumblingOptions,
} from '../operators/index.ts'
export type { Materialized, TableOptions, Versioned } from './materialized.ts'
export type { GlobalJoinOptions, TableJoinOptions } from './stream-table-joins.ts'
export type { TableTableJoinOptions } from './table-table-joins.ts'
export type { StreamJoinOptions } from './stream-stream-joins.ts'
