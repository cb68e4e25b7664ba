import {
  FatalBrokerError,
  FencedError,
  OffsetOutOfRangeError,
  RebalanceInProgressError,
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
  notCoordinator: 16,
  inconsistentProtocol: 23,
  notController: 41,
  topicExists: 36,
  concurrentTransactions: 51,
  memberIdRequired: 79,
  unstableOffsets: 88,
  unknownTopicId: 100,
} as const

type ErrorClass = new (message: string, options?: ErrorOptions) => BrokerError

/** The reaction to each code; a code that is missing here is fatal. Numbers and names are from Kafka's protocol guide. */
const CODES: ReadonlyMap<number, readonly [name: string, reaction: ErrorClass]> = new Map([
  [-1, ['UNKNOWN_SERVER_ERROR', RetriableBrokerError]],
  [1, ['OFFSET_OUT_OF_RANGE', OffsetOutOfRangeError]],
  [2, ['CORRUPT_MESSAGE', RetriableBrokerError]],
  [3, ['UNKNOWN_TOPIC_OR_PARTITION', UnknownTopicError]],
  [5, ['LEADER_NOT_AVAILABLE', RetriableBrokerError]],
  [6, ['NOT_LEADER_OR_FOLLOWER', RetriableBrokerError]],
  [7, ['REQUEST_TIMED_OUT', RetriableBrokerError]],
  [8, ['BROKER_NOT_AVAILABLE', RetriableBrokerError]],
  [9, ['REPLICA_NOT_AVAILABLE', RetriableBrokerError]],
  [10, ['MESSAGE_TOO_LARGE', FatalBrokerError]],
  [13, ['NETWORK_EXCEPTION', RetriableBrokerError]],
  [14, ['COORDINATOR_LOAD_IN_PROGRESS', RetriableBrokerError]],
  [15, ['COORDINATOR_NOT_AVAILABLE', RetriableBrokerError]],
  [16, ['NOT_COORDINATOR', RetriableBrokerError]],
  [17, ['INVALID_TOPIC_EXCEPTION', FatalBrokerError]],
  [19, ['NOT_ENOUGH_REPLICAS', RetriableBrokerError]],
  [20, ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', RetriableBrokerError]],
  [22, ['ILLEGAL_GENERATION', StaleGenerationError]],
  [23, ['INCONSISTENT_GROUP_PROTOCOL', FatalBrokerError]],
  [24, ['INVALID_GROUP_ID', FatalBrokerError]],
  [25, ['UNKNOWN_MEMBER_ID', UnknownMemberError]],
  [26, ['INVALID_SESSION_TIMEOUT', FatalBrokerError]],
  [27, ['REBALANCE_IN_PROGRESS', RebalanceInProgressError]],
  [29, ['TOPIC_AUTHORIZATION_FAILED', FatalBrokerError]],
  [30, ['GROUP_AUTHORIZATION_FAILED', FatalBrokerError]],
  [31, ['CLUSTER_AUTHORIZATION_FAILED', FatalBrokerError]],
  [35, ['UNSUPPORTED_VERSION', FatalBrokerError]],
  [36, ['TOPIC_ALREADY_EXISTS', FatalBrokerError]],
  [37, ['INVALID_PARTITIONS', FatalBrokerError]],
  [38, ['INVALID_REPLICATION_FACTOR', FatalBrokerError]],
  [40, ['INVALID_CONFIG', FatalBrokerError]],
  [41, ['NOT_CONTROLLER', RetriableBrokerError]],
  [42, ['INVALID_REQUEST', FatalBrokerError]],
  [44, ['POLICY_VIOLATION', FatalBrokerError]],
  [45, ['OUT_OF_ORDER_SEQUENCE_NUMBER', FencedError]],
  [46, ['DUPLICATE_SEQUENCE_NUMBER', FencedError]],
  [47, ['INVALID_PRODUCER_EPOCH', FencedError]],
  [48, ['INVALID_TXN_STATE', FencedError]],
  [49, ['INVALID_PRODUCER_ID_MAPPING', FencedError]],
  [50, ['INVALID_TRANSACTION_TIMEOUT', FatalBrokerError]],
  [51, ['CONCURRENT_TRANSACTIONS', RetriableBrokerError]],
  [52, ['TRANSACTION_COORDINATOR_FENCED', RetriableBrokerError]],
  [53, ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', FatalBrokerError]],
  [56, ['KAFKA_STORAGE_ERROR', RetriableBrokerError]],
  [58, ['SASL_AUTHENTICATION_FAILED', FatalBrokerError]],
  [59, ['UNKNOWN_PRODUCER_ID', FencedError]],
  [60, ['REASSIGNMENT_IN_PROGRESS', RetriableBrokerError]],
  [72, ['LISTENER_NOT_FOUND', RetriableBrokerError]],
  [74, ['FENCED_LEADER_EPOCH', RetriableBrokerError]],
  [75, ['UNKNOWN_LEADER_EPOCH', RetriableBrokerError]],
  [78, ['OFFSET_NOT_AVAILABLE', RetriableBrokerError]],
  [81, ['GROUP_MAX_SIZE_REACHED', FatalBrokerError]],
  [82, ['FENCED_INSTANCE_ID', FencedError]],
  [84, ['ELIGIBLE_LEADERS_NOT_AVAILABLE', RetriableBrokerError]],
  [88, ['UNSTABLE_OFFSET_COMMIT', RetriableBrokerError]],
  [89, ['THROTTLING_QUOTA_EXCEEDED', RetriableBrokerError]],
  [90, ['PRODUCER_FENCED', FencedError]],
  [100, ['UNKNOWN_TOPIC_ID', UnknownTopicError]],
  [120, ['TRANSACTION_ABORTABLE', FencedError]],
])

/** The error of the broker seam for a code. `operation` names the request and its object: `JoinGroup for group bank`. */
export function brokerError(code: number, operation: string): BrokerError {
  const [name, Reaction] = CODES.get(code) ?? [`code ${code}`, FatalBrokerError]
  return new Reaction(`${operation} failed: ${name}.`)
}

/** For responses of a partition's leader: UNKNOWN_TOPIC_OR_PARTITION means that it is not the leader yet or any more, so it is retriable. */
export function leaderError(code: number, operation: string): BrokerError {
  const error = brokerError(code, operation)
  return error instanceof UnknownTopicError ? new RetriableBrokerError(error.message, { cause: error }) : error
}

export function check(code: number, operation: string): void {
  if (code !== Code.none) throw brokerError(code, operation)
}
