/**
 * Queries: reads of committed state by key, from any instance (Kafka Streams' interactive queries). The *router* finds the task and its *owner*, asks it
 * over a *transport* when it is another instance, and falls back to a *standby* where the caller allows it. `Queries` is the typed surface over the router.
 */
export { HttpQueryTransport, QUERY_PATH } from './http-query-transport.ts'
export type { HttpAnswer, HttpQueryTransportOptions } from './http-query-transport.ts'
export type { HeldConnection } from './held-connection.ts'
export type { Query, QueryAnswer, QueryRequest } from './messages.ts'
export { Queries } from './queries.ts'
export type { KeyValueQueries, RangeOptions, StoreOptions, VersionedQueries, WindowQueries } from './queries.ts'
export { QueryRouter } from './query-router.ts'
export type { QueryOptions, TaskDirectory } from './query-router.ts'
export { inProcessQueryTransport } from './query-transport.ts'
export type { QueryHandler, QueryTransport } from './query-transport.ts'
