/**
 * The runtime: an *instance* (`Streams`) joins a group, gets *tasks*, and keeps each going: fetch, process, commit. A task is one
 * sub-topology on one partition with its stores and its input queues. Everything since its last commit becomes permanent in
 * one transaction, that of other tasks along with it, or not at all.
 */
export { Streams } from './streams.ts'
export type { StreamsOptions, StreamsState, TaskInfo } from './streams.ts'
export type { TaskStorages } from './task-stores.ts'
export { levelTaskStorages, memoryTaskStorages } from './task-storages.ts'
export type { DiskStorages } from './task-storages.ts'
export { OpenedAhead } from './opened-ahead.ts'
export { StreamsObserver } from './streams-observer.ts'
export type { StreamsObserverOptions } from './streams-observer.ts'
export { decodeAssignment } from './assignment/messages.ts'
export type { Assignment } from './assignment/messages.ts'
export { HttpQueryTransport, QUERY_PATH } from './queries/http-query-transport.ts'
export type { HttpAnswer, HttpQueryTransportOptions } from './queries/http-query-transport.ts'
export { inProcessQueryTransport } from './queries/query-transport.ts'
export type { QueryHandler, QueryTransport } from './queries/query-transport.ts'
export type { KeyValueQueries, Queries, RangeOptions, StoreOptions, VersionedQueries, WindowQueries } from './queries/queries.ts'
export type { QueryOptions } from './queries/query-router.ts'
export type { Query, QueryAnswer, QueryRequest } from './queries/messages.ts'
export { buryUnreadable, readDeadLetters } from './dead-letters.ts'
export type { DeadLetter, Unreadable } from './dead-letters.ts'
export { transactionalIdPrefix } from './transactional-id.ts'
export { applicationTopics } from './application-topics.ts'
export { redriveDeadLetters } from './redrive.ts'
export type { RedriveOptions, RedriveResult } from './redrive.ts'
export { FatalStreamsError, NotAvailableError, RetriableError, StreamsError, TaskCorruptedError, TaskMigratedError } from './errors.ts'
