/**
 * The runtime: an *instance* (`Streams`) joins a group, is assigned *tasks*, and keeps each going: fetch, process, commit. A task is one
 * sub-topology on one partition with its stores and its input queues. Everything since its last commit becomes permanent in
 * one transaction, which may include other tasks, or not at all.
 */
export { decodeAssignment } from './assignment/index.ts'
export type { Assignment } from './assignment/index.ts'
export { transactionalIdPrefix } from './commit/index.ts'
export { readDeadLetters, redriveDeadLetters, writeDeadLetter } from './dead-letters/index.ts'
export type { DeadLetter, RedriveOptions, RedriveResult, Unreadable } from './dead-letters/index.ts'
export { applicationTopics, Streams, StreamsObserver, totalLag } from './instance/index.ts'
export type {
  InstanceHealth,
  PartitionLag,
  StopOptions,
  StreamsObserverOptions,
  StreamsOptions,
  StreamsState,
  TaskInfo,
} from './instance/index.ts'
export { HttpQueryTransport, inProcessQueryTransport, QUERY_PATH } from './queries/index.ts'
export type {
  HttpAnswer,
  HttpQueryTransportOptions,
  KeyValueQueries,
  Queries,
  Query,
  QueryAnswer,
  QueryHandler,
  QueryOptions,
  QueryRequest,
  QueryTransport,
  RangeOptions,
  StoreOptions,
  VersionedQueries,
  WindowQueries,
} from './queries/index.ts'
export { levelTaskStorages, memoryTaskStorages, OpenedAhead } from './state/index.ts'
export type { DiskStorages, TaskStorages } from './state/index.ts'
