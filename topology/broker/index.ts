/**
 * The *broker seam*: everything the engine needs of a Kafka-like log. A *producer* sends *record batches* to *partitions* in transactions,
 * a *fetcher* reads committed batches from any offset, the *group coordinator* forms groups of members and keeps their offsets, the
 * *admin* manages topics. Adapters: the *embedded broker* (in this process, on an ordered storage) and the *Kafka broker* (Apache Kafka).
 * Decorator: the *faulty broker*, for simulations. Errors are named after the reaction they need.
 */
export type * from './broker.ts'
export type { Header, RecordBatch, RecordBatchBuilder } from './record-batch/index.ts'
export { createRecordBatchBuilder, NO_TIMESTAMP, prepareCompression } from './record-batch/index.ts'
export { partitionOf } from './partitioner.ts'
export { RecordCheck } from './record-check.ts'
export { DEFAULT_RECORD_LIMITS, recordLimits } from './record-limits.ts'
export type { RecordLimits } from './record-limits.ts'
export { TopicBatches } from './topic-batches.ts'
export type { FilledBatch } from './topic-batches.ts'
export { topicNameProblem } from './topic-name.ts'
export { partitionName } from './topic-partition.ts'
export {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from './consumer-protocol.ts'
export type { ConsumerAssignment, ConsumerSubscription } from './consumer-protocol.ts'
export {
  BrokerError,
  FatalBrokerError,
  FencedError,
  NotAuthorizedError,
  OffsetOutOfRangeError,
  OutcomeUnknownError,
  RebalanceInProgressError,
  RecordRefusedError,
  RetriableBrokerError,
  StaleGenerationError,
  UnknownMemberError,
  UnknownTopicError,
  UnreadableBatchError,
} from './errors.ts'
export { EmbeddedBroker } from './embedded/index.ts'
export type { BrokerLimits, EmbeddedBrokerOptions } from './embedded/index.ts'
export { aclName, KafkaBroker } from './kafka/index.ts'
export type {
  Acl,
  Credentials,
  KafkaAccess,
  KafkaBrokerOptions,
  OauthToken,
  PasswordMechanism,
  SaslOptions,
  ScramCredential,
  SocketFactory,
  TlsOptions,
} from './kafka/index.ts'
export { faultyBroker, noFaults } from './faulty/index.ts'
export type { FaultProfile, FaultyBrokerOptions } from './faulty/index.ts'
