/**
 * Kafka's wire protocol, as far as the adapter speaks it. A *request* has an API key, one version, and functions that write it and
 * read its response; the *writer* and the *reader* know Kafka's primitive types. An *error code* maps to the error class of the broker
 * seam that names the reaction. Nothing here opens a connection or retries.
 */
export { frameOf } from './request.ts'
export type { KafkaRequest } from './request.ts'
export { Reader, Writer } from '../../wire.ts'
export { brokerError, check, Code, idRights, leaderError, offsetRights } from './error-codes.ts'
export type { Rights } from './error-codes.ts'
export { apiVersions, saslAuthenticate, saslHandshake } from './handshake.ts'
export type { ApiVersions, SaslStep } from './handshake.ts'
export { findCoordinator, metadata } from './cluster.ts'
export type { ClusterMetadata, CoordinatorKind, TopicMetadata } from './cluster.ts'
export { alterConfigs, createPartitions, createTopics, deleteRecords, deleteTopics, describeConfigs, listOffsets } from './admin.ts'
export type { TopicError } from './admin.ts'
export { fetchRecords } from './fetch.ts'
export type { AbortedTransaction, IdentifiedPartition, PartitionResponse } from './fetch.ts'
export { endTransaction, LARGEST_BATCH_BYTES, initProducerId, listOpenTransactions, produce, txnOffsetCommit } from './producer.ts'
export type { ProducedPartition, ProducerIdentity, SealedPartition } from './producer.ts'
export { describeGroup, heartbeat, joinGroup, leaveGroup, offsetCommit, offsetFetch, syncGroup } from './groups.ts'
export type { NamedMember } from './groups.ts'
export { alterScramCredentials, createAcls, deleteAcls, describeAcls } from './access.ts'
export type { AccessError, Acl, ScramCredential } from './access.ts'
