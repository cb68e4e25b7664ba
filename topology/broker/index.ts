/**
 * The *broker seam*: all that the engine asks of a Kafka-like log. A *producer* sends *batches* of records to *partitions* in
 * transactions, a *fetcher* reads committed ones from any offset, the *group coordinator* tells instances about each other, the
 * *admin* keeps the topics. Adapters: the *embedded broker* (in this process, on an ordered storage), the *kafkajs broker* (Apache Kafka). Decorators: the *faulty
 * broker*, for simulations. Errors are named after the reaction they need.
 */
export type * from './broker.ts'
export type { Header, RecordBatch, RecordBatchBuilder } from './record-batch/record-batch.ts'
export { createRecordBatchBuilder } from './record-batch/batch-builder.ts'
export { partitionOf } from './partitioner.ts'
export { partitionName } from './topic-partition.ts'
export {
  BrokerError,
  FatalBrokerError,
  FencedError,
  OffsetOutOfRangeError,
  OutcomeUnknownError,
  RebalanceInProgressError,
  RetriableBrokerError,
  StaleGenerationError,
  UnknownMemberError,
  UnknownTopicError,
} from './errors.ts'
export { EmbeddedBroker } from './embedded/embedded-broker.ts'
export type { EmbeddedBrokerOptions } from './embedded/embedded-broker.ts'
export { KafkaBroker } from './kafka/kafka-broker.ts'
export type { KafkaBrokerOptions } from './kafka/kafka-broker.ts'
export { aclName } from './kafka/kafka-access.ts'
export type { KafkaAccess } from './kafka/kafka-access.ts'
export type { Acl, ScramCredential } from './kafka/protocol/access.ts'
export { faultyBroker } from './faulty/faulty-broker.ts'
export type { FaultyBrokerOptions } from './faulty/faulty-broker.ts'
export { noFaults } from './faulty/fault-profile.ts'
export type { FaultProfile } from './faulty/fault-profile.ts'
