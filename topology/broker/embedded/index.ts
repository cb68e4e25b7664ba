/**
 * The embedded broker: Kafka's semantics in this process, on one ordered storage. The *journal* is the only writer of the storage
 * (group commit). A *partition log* indexes the batches of one partition; *pending batches* wait for their offsets; *transactions*
 * hold them until commit. *Groups* is the group coordinator, *group offsets* keeps what groups committed. The *cleaner* compacts
 * logs and applies retention.
 */
export { EmbeddedBroker } from './embedded-broker.ts'
export type { EmbeddedBrokerOptions } from './embedded-broker.ts'
export type { BrokerLimits } from './limits.ts'
