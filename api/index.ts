/**
 * The bank's GraphQL API, over HTTP and server-sent events, with sessions and access rights; it also serves the page. The *bus* sends
 * *commands* and waits for their *outcomes*; queries go to the `BankReader`. The *hub* follows the topics that the bank publishes, once
 * per process, and gives every subscriber a *feed*: the current state, then each change, without gaps or duplicates. `ports/` holds the
 * interfaces that the API needs of bank and engine; `compose/` implements them.
 */
export { openApi } from './open-api.ts'
export type { Api, ApiOptions } from './open-api.ts'
export type { CommandAnswer, CommandBus, CommandMetrics, NewCommand } from './commands/command-bus.ts'
export { LatencyHistogram } from './commands/latency-histogram.ts'
export { isCommonPassword } from './sessions/common-passwords.ts'
export { NO_PASSWORD, Passwords } from './sessions/passwords.ts'
export { apiTopics, sessionFormat } from './sessions/session-store.ts'
export { TopicTail } from './topic-tail.ts'
export type * from './ports/bank-reader.ts'
export type * from './ports/cluster.ts'
