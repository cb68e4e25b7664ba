import {
  FatalBrokerError,
  FencedError,
  NotAuthorizedError,
  OffsetOutOfRangeError,
  RebalanceInProgressError,
  RecordRefusedError,
  RetriableBrokerError,
  StaleGenerationError,
  UnknownMemberError,
  UnknownTopicError,
  type BrokerError,
} from '../../errors.ts'

/** The error codes that the adapter handles itself. */
export const Code = {
  none: 0,
  unknownTopic: 3,
  invalidTopic: 17,
  notCoordinator: 16,
  inconsistentProtocol: 23,
  illegalSaslState: 34,
  unsupportedVersion: 35,
  notController: 41,
  topicExists: 36,
  concurrentTransactions: 51,
  memberIdRequired: 79,
  unstableOffsets: 88,
  unknownTopicId: 100,
} as const

type ErrorClass = new (message: string, options?: ErrorOptions) => BrokerError
type Reaction = readonly [name: string, reaction: ErrorClass, advice?: string]

/**
 * Kafka's error codes up to version 4.4: name, reaction, and advice for the operator where the name says too little. Codes that only brokers and
 * controllers send to each other are fatal: a client that gets one is not where it should be. UNKNOWN_SERVER_ERROR hides all kinds of failures of a
 * broker, most of which pass.
 */
const CODES = new Map<number, Reaction>([
  [-1, ['UNKNOWN_SERVER_ERROR', RetriableBrokerError]],
  [1, ['OFFSET_OUT_OF_RANGE', OffsetOutOfRangeError]],
  [2, ['CORRUPT_MESSAGE', RetriableBrokerError]],
  [3, ['UNKNOWN_TOPIC_OR_PARTITION', UnknownTopicError]],
  [4, ['INVALID_FETCH_SIZE', FatalBrokerError]],
  [5, ['LEADER_NOT_AVAILABLE', RetriableBrokerError]],
  [6, ['NOT_LEADER_OR_FOLLOWER', RetriableBrokerError]],
  [7, ['REQUEST_TIMED_OUT', RetriableBrokerError]],
  [8, ['BROKER_NOT_AVAILABLE', RetriableBrokerError]],
  [9, ['REPLICA_NOT_AVAILABLE', RetriableBrokerError]],
  [10, ['MESSAGE_TOO_LARGE', RecordRefusedError]],
  [11, ['STALE_CONTROLLER_EPOCH', RetriableBrokerError]],
  [12, ['OFFSET_METADATA_TOO_LARGE', FatalBrokerError]],
  [13, ['NETWORK_EXCEPTION', RetriableBrokerError]],
  [14, ['COORDINATOR_LOAD_IN_PROGRESS', RetriableBrokerError]],
  [15, ['COORDINATOR_NOT_AVAILABLE', RetriableBrokerError]],
  [16, ['NOT_COORDINATOR', RetriableBrokerError]],
  [17, ['INVALID_TOPIC_EXCEPTION', FatalBrokerError, 'Kafka allows letters, digits, dots, dashes and underscores in the name of a topic']],
  [18, ['RECORD_LIST_TOO_LARGE', RecordRefusedError]],
  [19, ['NOT_ENOUGH_REPLICAS', RetriableBrokerError]],
  [20, ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', RetriableBrokerError]],
  [21, ['INVALID_REQUIRED_ACKS', FatalBrokerError]],
  [22, ['ILLEGAL_GENERATION', StaleGenerationError]],
  [23, ['INCONSISTENT_GROUP_PROTOCOL', FatalBrokerError, 'another program uses this group: choose another application id']],
  [24, ['INVALID_GROUP_ID', FatalBrokerError]],
  [25, ['UNKNOWN_MEMBER_ID', UnknownMemberError]],
  [
    26,
    [
      'INVALID_SESSION_TIMEOUT',
      FatalBrokerError,
      'sessionTimeoutMs must be within the brokers’ group.min.session.timeout.ms and group.max.session.timeout.ms',
    ],
  ],
  [27, ['REBALANCE_IN_PROGRESS', RebalanceInProgressError]],
  [28, ['INVALID_COMMIT_OFFSET_SIZE', FatalBrokerError]],
  [29, ['TOPIC_AUTHORIZATION_FAILED', NotAuthorizedError, 'grant this principal the right to the topic']],
  [30, ['GROUP_AUTHORIZATION_FAILED', NotAuthorizedError, 'grant this principal the right to the group']],
  [31, ['CLUSTER_AUTHORIZATION_FAILED', NotAuthorizedError, 'grant this principal the right to the cluster']],
  [32, ['INVALID_TIMESTAMP', RecordRefusedError]],
  [33, ['UNSUPPORTED_SASL_MECHANISM', FatalBrokerError, 'configure a mechanism that the listener offers']],
  [34, ['ILLEGAL_SASL_STATE', FatalBrokerError, 'name a listener with SASL, or leave out the option sasl']],
  [35, ['UNSUPPORTED_VERSION', FatalBrokerError, 'use Kafka 4.0 or newer']],
  [36, ['TOPIC_ALREADY_EXISTS', FatalBrokerError]],
  [37, ['INVALID_PARTITIONS', FatalBrokerError]],
  [38, ['INVALID_REPLICATION_FACTOR', FatalBrokerError]],
  [39, ['INVALID_REPLICA_ASSIGNMENT', FatalBrokerError]],
  [40, ['INVALID_CONFIG', FatalBrokerError]],
  [41, ['NOT_CONTROLLER', RetriableBrokerError]],
  [42, ['INVALID_REQUEST', FatalBrokerError]],
  [43, ['UNSUPPORTED_FOR_MESSAGE_FORMAT', FatalBrokerError]],
  [44, ['POLICY_VIOLATION', FatalBrokerError]],
  [45, ['OUT_OF_ORDER_SEQUENCE_NUMBER', FencedError]],
  [46, ['DUPLICATE_SEQUENCE_NUMBER', FencedError]],
  [47, ['INVALID_PRODUCER_EPOCH', FencedError]],
  [48, ['INVALID_TXN_STATE', FencedError]],
  [49, ['INVALID_PRODUCER_ID_MAPPING', FencedError]],
  [
    50,
    [
      'INVALID_TRANSACTION_TIMEOUT',
      FatalBrokerError,
      'transactionTimeoutMs must be at least 1 and at most the brokers’ transaction.max.timeout.ms',
    ],
  ],
  [51, ['CONCURRENT_TRANSACTIONS', RetriableBrokerError]],
  [52, ['TRANSACTION_COORDINATOR_FENCED', RetriableBrokerError]],
  [53, ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', NotAuthorizedError, 'grant this principal the right to the transactional id']],
  [54, ['SECURITY_DISABLED', FatalBrokerError, 'configure an authorizer on the brokers']],
  [55, ['OPERATION_NOT_ATTEMPTED', RetriableBrokerError]],
  [56, ['KAFKA_STORAGE_ERROR', RetriableBrokerError]],
  [57, ['LOG_DIR_NOT_FOUND', FatalBrokerError]],
  [58, ['SASL_AUTHENTICATION_FAILED', FatalBrokerError, 'correct the credentials']],
  [59, ['UNKNOWN_PRODUCER_ID', FencedError]],
  [60, ['REASSIGNMENT_IN_PROGRESS', RetriableBrokerError]],
  [61, ['DELEGATION_TOKEN_AUTH_DISABLED', FatalBrokerError]],
  [62, ['DELEGATION_TOKEN_NOT_FOUND', FatalBrokerError]],
  [63, ['DELEGATION_TOKEN_OWNER_MISMATCH', FatalBrokerError]],
  [64, ['DELEGATION_TOKEN_REQUEST_NOT_ALLOWED', FatalBrokerError]],
  [65, ['DELEGATION_TOKEN_AUTHORIZATION_FAILED', NotAuthorizedError]],
  [66, ['DELEGATION_TOKEN_EXPIRED', FatalBrokerError]],
  [67, ['INVALID_PRINCIPAL_TYPE', FatalBrokerError]],
  [68, ['NON_EMPTY_GROUP', FatalBrokerError]],
  [69, ['GROUP_ID_NOT_FOUND', UnknownMemberError]],
  [70, ['FETCH_SESSION_ID_NOT_FOUND', RetriableBrokerError]],
  [71, ['INVALID_FETCH_SESSION_EPOCH', RetriableBrokerError]],
  [72, ['LISTENER_NOT_FOUND', RetriableBrokerError]],
  [73, ['TOPIC_DELETION_DISABLED', FatalBrokerError]],
  [74, ['FENCED_LEADER_EPOCH', RetriableBrokerError]],
  [75, ['UNKNOWN_LEADER_EPOCH', RetriableBrokerError]],
  [76, ['UNSUPPORTED_COMPRESSION_TYPE', FatalBrokerError]],
  [77, ['STALE_BROKER_EPOCH', FatalBrokerError]],
  [78, ['OFFSET_NOT_AVAILABLE', RetriableBrokerError]],
  [79, ['MEMBER_ID_REQUIRED', UnknownMemberError]],
  [80, ['PREFERRED_LEADER_NOT_AVAILABLE', RetriableBrokerError]],
  [81, ['GROUP_MAX_SIZE_REACHED', FatalBrokerError, 'raise the brokers’ group.max.size, or run fewer instances']],
  [82, ['FENCED_INSTANCE_ID', FencedError]],
  [83, ['ELIGIBLE_LEADERS_NOT_AVAILABLE', RetriableBrokerError]],
  [84, ['ELECTION_NOT_NEEDED', FatalBrokerError]],
  [85, ['NO_REASSIGNMENT_IN_PROGRESS', FatalBrokerError]],
  [86, ['GROUP_SUBSCRIBED_TO_TOPIC', FatalBrokerError]],
  [87, ['INVALID_RECORD', RecordRefusedError]],
  [88, ['UNSTABLE_OFFSET_COMMIT', RetriableBrokerError]],
  [89, ['THROTTLING_QUOTA_EXCEEDED', RetriableBrokerError]],
  [90, ['PRODUCER_FENCED', FencedError]],
  [91, ['RESOURCE_NOT_FOUND', FatalBrokerError]],
  [92, ['DUPLICATE_RESOURCE', FatalBrokerError]],
  [93, ['UNACCEPTABLE_CREDENTIAL', FatalBrokerError]],
  [94, ['INCONSISTENT_VOTER_SET', FatalBrokerError]],
  [95, ['INVALID_UPDATE_VERSION', FatalBrokerError]],
  [96, ['FEATURE_UPDATE_FAILED', FatalBrokerError]],
  [97, ['PRINCIPAL_DESERIALIZATION_FAILURE', FatalBrokerError]],
  [98, ['SNAPSHOT_NOT_FOUND', FatalBrokerError]],
  [99, ['POSITION_OUT_OF_RANGE', FatalBrokerError]],
  [100, ['UNKNOWN_TOPIC_ID', UnknownTopicError]],
  [101, ['DUPLICATE_BROKER_REGISTRATION', FatalBrokerError]],
  [102, ['BROKER_ID_NOT_REGISTERED', FatalBrokerError]],
  [103, ['INCONSISTENT_TOPIC_ID', RetriableBrokerError]],
  [104, ['INCONSISTENT_CLUSTER_ID', FatalBrokerError, 'the addresses belong to different clusters']],
  [105, ['TRANSACTIONAL_ID_NOT_FOUND', FencedError]],
  [106, ['FETCH_SESSION_TOPIC_ID_ERROR', RetriableBrokerError]],
  [107, ['INELIGIBLE_REPLICA', FatalBrokerError]],
  [108, ['NEW_LEADER_ELECTED', RetriableBrokerError]],
  [109, ['OFFSET_MOVED_TO_TIERED_STORAGE', FatalBrokerError]],
  [110, ['FENCED_MEMBER_EPOCH', UnknownMemberError]],
  [111, ['UNRELEASED_INSTANCE_ID', FatalBrokerError]],
  [112, ['UNSUPPORTED_ASSIGNOR', FatalBrokerError]],
  [113, ['STALE_MEMBER_EPOCH', StaleGenerationError]],
  [114, ['MISMATCHED_ENDPOINT_TYPE', FatalBrokerError, 'name the listener of a broker, not that of a controller']],
  [115, ['UNSUPPORTED_ENDPOINT_TYPE', FatalBrokerError, 'name the listener of a broker, not that of a controller']],
  [116, ['UNKNOWN_CONTROLLER_ID', FatalBrokerError]],
  [117, ['UNKNOWN_SUBSCRIPTION_ID', FatalBrokerError]],
  [118, ['TELEMETRY_TOO_LARGE', FatalBrokerError]],
  [119, ['INVALID_REGISTRATION', FatalBrokerError]],
  [120, ['TRANSACTION_ABORTABLE', FencedError]],
  [121, ['INVALID_RECORD_STATE', FatalBrokerError]],
  [122, ['SHARE_SESSION_NOT_FOUND', RetriableBrokerError]],
  [123, ['INVALID_SHARE_SESSION_EPOCH', RetriableBrokerError]],
  [124, ['FENCED_STATE_EPOCH', FencedError]],
  [125, ['INVALID_VOTER_KEY', FatalBrokerError]],
  [126, ['DUPLICATE_VOTER', FatalBrokerError]],
  [127, ['VOTER_NOT_FOUND', FatalBrokerError]],
  [128, ['INVALID_REGULAR_EXPRESSION', FatalBrokerError]],
  [129, ['REBOOTSTRAP_REQUIRED', RetriableBrokerError]],
  [130, ['STREAMS_INVALID_TOPOLOGY', FatalBrokerError]],
  [131, ['STREAMS_INVALID_TOPOLOGY_EPOCH', FatalBrokerError]],
  [132, ['STREAMS_TOPOLOGY_FENCED', FatalBrokerError]],
  [133, ['SHARE_SESSION_LIMIT_REACHED', RetriableBrokerError]],
  [134, ['GROUP_DELETION_FAILED', FatalBrokerError]],
  [135, ['STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED', FatalBrokerError]],
  [136, ['CONTROLLER_ID_NOT_REGISTERED', FatalBrokerError]],
])

/** The rights that a request needs on each kind of resource, as an ACL states them: `WRITE on topic orders`. */
export interface Rights {
  readonly topic?: string
  readonly group?: string
  readonly transactionalId?: string
  readonly cluster?: string
}

/** What storing offsets needs; with a transaction, the right on its id too. */
export function offsetRights(groupId: string, offsets: readonly { readonly topic: string }[], transactionalId?: string): Rights {
  const topics = [...new Set(offsets.map(({ topic }) => topic))]
  return {
    group: `READ on group ${groupId}`,
    topic: `READ on ${topics.length === 1 ? 'topic' : 'one of the topics'} ${topics.join(', ')}`,
    ...(transactionalId !== undefined && idRights(transactionalId)),
  }
}

/** What using a transactional id needs. Kafka grants DESCRIBE with WRITE. */
export function idRights(transactionalId: string): Rights {
  return { transactionalId: `WRITE and DESCRIBE on transactional id ${transactionalId} (grant them on its prefix)` }
}

/** Which kind of resource a refusal is about. */
const REFUSALS: ReadonlyMap<number, keyof Rights> = new Map([
  [29, 'topic'],
  [30, 'group'],
  [31, 'cluster'],
  [53, 'transactionalId'],
])

/** The error of the broker seam for a code. `operation` names the request and its object: `JoinGroup for group bank`. */
/** `rights` names what the principal needs for the operation, in case it lacks it. */
export function brokerError(code: number, operation: string, rights: Rights = {}): BrokerError {
  const [name, Reaction, advice] = CODES.get(code) ?? [`error code ${code}, which is newer than this client`, FatalBrokerError]
  const kind = REFUSALS.get(code)
  const missing = kind && rights[kind]
  if (missing !== undefined) return new Reaction(`Principal lacks ${missing}: ${operation} failed: ${name}. Add an ACL that allows it.`)
  return new Reaction(`${operation} failed: ${name}${advice === undefined ? '' : `: ${advice}`}.`)
}

/** For responses of a partition's leader: UNKNOWN_TOPIC_OR_PARTITION means that it is not the leader yet or any more, so it is retriable. */
export function leaderError(code: number, operation: string, rights?: Rights): BrokerError {
  const error = brokerError(code, operation, rights)
  return error instanceof UnknownTopicError ? new RetriableBrokerError(error.message, { cause: error }) : error
}

export function check(code: number, operation: string, rights?: Rights): void {
  if (code !== Code.none) throw brokerError(code, operation, rights)
}
