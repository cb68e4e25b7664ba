/**
 * The engine: Kafka Streams' model for TypeScript. A topology is described with the DSL (`StreamsBuilder`, `KStream`,
 * `KTable`, …) and, below it, with processors of one's own (`Processor`, `ProcessorContext`); `build()` gives a `Topology`,
 * plain frozen data. An instance runs it as tasks, one per sub-topology and partition, each with its stores and their
 * changelogs, over a broker behind a small seam. Time, timers and randomness come in through `Ports`.
 */
export {
  BranchedKStream,
  CogroupedKStream,
  GlobalKTable,
  hopping,
  joinWindow,
  KGroupedStream,
  KGroupedTable,
  KStream,
  KTable,
  sliding,
  StreamsBuilder,
  TimeWindowedKStream,
  tumbling,
  untilTimeLimit,
  untilWindowCloses,
  WindowedCogroupedKStream,
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
  SlidingOptions,
  SlidingWindows,
  StreamJoinOptions,
  StreamOptions,
  SuppressRule,
  TableGroupOptions,
  TableJoinOptions,
  TableOptions,
  TableSourceOptions,
  TableTableJoinOptions,
  TimeLimitOptions,
  TimeWindows,
  ToOptions,
  TumblingOptions,
  ValueOptions,
  Versioned,
  WindowedByOptions,
  WindowRetention,
  Windows,
} from './dsl/index.ts'

export { TopologyError } from './graph/index.ts'
export type { InternalTopic, StreamPartitioner, Subtopology, Topology, TopologyNode } from './graph/index.ts'

export {
  failOnInvalidTimestamp,
  skipOnInvalidTimestamp,
  usePartitionTimeOnInvalidTimestamp,
  wallclockTimestamp,
} from './timestamp-extractors.ts'
export type { TimestampExtractor } from './timestamp-extractors.ts'

export type { Change } from './operators/index.ts'

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

export { applyTopics, deadLetterTopic, planTopics } from './topics/index.ts'
export type { Setting, TopicAction, TopicPlan, TopicPlanOptions } from './topics/index.ts'

export {
  applicationTopics,
  decodeAssignment,
  HttpQueryTransport,
  inProcessQueryTransport,
  levelTaskStorages,
  memoryTaskStorages,
  OpenedAhead,
  QUERY_PATH,
  readDeadLetters,
  redriveDeadLetters,
  Streams,
  StreamsObserver,
  writeDeadLetter,
  transactionalIdPrefix,
} from './runtime/index.ts'
export type {
  Assignment,
  DeadLetter,
  DiskStorages,
  HttpAnswer,
  HttpQueryTransportOptions,
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
  StreamsObserverOptions,
  StreamsOptions,
  StreamsState,
  TaskInfo,
  TaskStorages,
  Unreadable,
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
  aclName,
  BrokerError,
  createRecordBatchBuilder,
  EmbeddedBroker,
  KafkaBroker,
  FatalBrokerError,
  FencedError,
  OffsetOutOfRangeError,
  OutcomeUnknownError,
  partitionName,
  partitionOf,
  RebalanceInProgressError,
  RecordCheck,
  RecordRefusedError,
  RetriableBrokerError,
  StaleGenerationError,
  TopicBatches,
  UnknownMemberError,
  UnknownTopicError,
} from './broker/index.ts'
export type {
  Acl,
  Admin,
  Broker,
  BrokerLimits,
  EmbeddedBrokerOptions,
  KafkaAccess,
  KafkaBrokerOptions,
  FetchedPartition,
  Fetcher,
  FetchOptions,
  FetchPartition,
  FilledBatch,
  GroupCoordinator,
  GroupMember,
  Header,
  JoinAnswer,
  JoinRequest,
  Offset,
  OffsetAndMetadata,
  PartitionOffset,
  Producer,
  ProducerOptions,
  RecordBatch,
  RecordBatchBuilder,
  RecordLimits,
  ScramCredential,
  SyncRequest,
  TopicDescription,
  TopicPartition,
  TopicSpec,
} from './broker/index.ts'

export type { Clock, LogCode, LogFields, Logger, Ports, Random, TimerHandle, Timers } from './ports.ts'
export { FatalStreamsError, NotAvailableError, RetriableError, StreamsError, TaskCorruptedError, TaskMigratedError } from './errors.ts'
export { systemPorts } from './system-ports.ts'
