/**
 * How people reach the bank. A *command* goes out through the bus and comes back as its outcome; questions go to the `BankReader`; what
 * the bank publishes is followed once per process by the *hub* and told to every subscriber as a *feed*: what is there, then what comes,
 * without a gap or a double. Over it GraphQL, by HTTP and server-sent events, with sessions and rights, and the page. `ports/` is what
 * the API asks of bank and engine; whoever puts the parts together fills it in.
 */
export { openApi } from './open-api.ts'
export type { Api, ApiOptions } from './open-api.ts'
export type { CommandAnswer, CommandBus, CommandMetrics, NewCommand } from './commands/command-bus.ts'
export { LatencyHistogram } from './commands/latency-histogram.ts'
export { NO_PASSWORD, Passwords } from './sessions/passwords.ts'
export { apiTopics, sessionFormat } from './sessions/session-store.ts'
export { TopicTail } from './topic-tail.ts'
export type * from './ports/bank-messages.ts'
export type * from './ports/bank-reader.ts'
export type * from './ports/cluster.ts'
