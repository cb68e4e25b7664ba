/**
 * Apache Kafka behind the broker seam. A *connection* is one socket to one broker, with TLS and authentication (SASL). The *cluster*
 * knows the brokers, partition leaders and coordinators, pools connections and retries. The `protocol/` folder has the requests. On
 * top stand the parts of the seam: *admin*, *groups*, *fetcher*, *plain* and *transactional producer*; both producers send through a
 * *partition writer*. *Access* (ACLs, SCRAM credentials) goes beyond the seam.
 */
export { KafkaBroker } from './kafka-broker.ts'
export type { KafkaBrokerOptions } from './kafka-broker.ts'
export type { Credentials, OauthToken, PasswordMechanism, SaslOptions, TlsOptions } from './security.ts'
export type { SocketFactory } from './socket.ts'
export { aclName } from './kafka-access.ts'
export type { KafkaAccess } from './kafka-access.ts'
export type { Acl, ScramCredential } from './protocol/index.ts'
