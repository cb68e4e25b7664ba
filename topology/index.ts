/**
 * The engine: Kafka Streams' model for TypeScript. A topology is described with the DSL (`StreamsBuilder`, `KStream`,
 * `KTable`, …) and, below it, with processors of one's own (`Processor`, `ProcessorContext`); `build()` gives a `Topology`,
 * plain frozen data. An instance runs it as tasks, one per sub-topology and partition, each with its stores and their
 * changelogs, over a broker behind a small seam. Time, timers and randomness come in through `Ports`.
 */
export {
  BranchedKStream,
  GlobalKTable,
  hopping,
  joinWindow,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  StreamsBuilder,
  TimeWindowedKStream,
  tumbling,
} from './dsl/index.ts'
export type {
  AggregateOptions,
  Consumed,
  GlobalJoinOptions,
  GroupOptions,
  HoppingOptions,
  JoinWindows,
  KeyValue,
  KeyValueOptions,
  Materialized,
  NameOption,
  ProcessOptions,
  RepartitionOptions,
  StreamJoinOptions,
  StreamOptions,
  TableGroupOptions,
  TableJoinOptions,
  TableOptions,
  TableSourceOptions,
  TableTableJoinOptions,
  TimeWindows,
  ToOptions,
  TumblingOptions,
  ValueOptions,
  Versioned,
  WindowedByOptions,
  WindowRetention,
} from './dsl/index.ts'

export { TopologyError } from './graph/index.ts'
export type { Change, InternalTopic, StreamPartitioner, Subtopology, TimestampExtractor, Topology, TopologyNode } from './graph/index.ts'

export type {
  Cancellable,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  PunctuationOptions,
  Punctuator,
  Record,
  RecordMetadata,
  TaskId,
} from './processor.ts'

export {
  deadLetterTopic,
  FatalStreamsError,
  inProcessQueryTransport,
  levelTaskStorages,
  memoryTaskStorages,
  NotAvailableError,
  readDeadLetters,
  redriveDeadLetters,
  RetriableError,
  Streams,
  StreamsError,
  TaskCorruptedError,
  TaskMigratedError,
} from './runtime/index.ts'
export type {
  DeadLetter,
  KeyValueQueries,
  Queries,
  QueryAnswer,
  QueryHandler,
  QueryOptions,
  QueryRequest,
  QueryTransport,
  RangeOptions,
  RedriveOptions,
  RedriveResult,
  StoreOptions,
  StreamsOptions,
  StreamsState,
  TaskInfo,
  TaskStorages,
  VersionedQueries,
  WindowQueries,
} from './runtime/index.ts'

export { Serdes, Stores } from '../state/index.ts'
export type {
  KeyValueRow,
  KeyValueStore,
  ScanOptions,
  Serde,
  StateStore,
  StoreSpec,
  TimeOrderedBuffer,
  ValueAndTimestamp,
  VersionedKeyValueStore,
  VersionedPutResult,
  VersionedRecord,
  Windowed,
  WindowRow,
  WindowStore,
} from '../state/index.ts'

export {
  BrokerError,
  createRecordBatchBuilder,
  EmbeddedBroker,
  FatalBrokerError,
  FencedError,
  OffsetOutOfRangeError,
  OutcomeUnknownError,
  partitionOf,
  RebalanceInProgressError,
  RetriableBrokerError,
  UnknownMemberError,
  UnknownTopicError,
} from './broker/index.ts'
export type {
  Admin,
  Broker,
  EmbeddedBrokerOptions,
  FetchedPartition,
  Fetcher,
  FetchOptions,
  FetchPartition,
  GroupCoordinator,
  GroupMember,
  Header,
  JoinAnswer,
  JoinRequest,
  Offset,
  PartitionOffset,
  Producer,
  ProducerOptions,
  RecordBatch,
  RecordBatchBuilder,
  SyncRequest,
  TopicDescription,
  TopicPartition,
  TopicSpec,
} from './broker/index.ts'

export type { Clock, Logger, Ports, Random, TimerHandle, Timers } from './ports.ts'
export { systemPorts } from './system-ports.ts'
