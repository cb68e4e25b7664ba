/** Errors of the broker seam, named after the reaction they need. Each has a stable `code`. */
export abstract class BrokerError extends Error {
  abstract readonly code: string
}

/** The broker is unreachable or busy. Repeat the call. */
export class RetriableBrokerError extends BrokerError {
  readonly code = 'BROKER_RETRIABLE'
}

/** A newer producer with the same transactional id, or a newer group generation, exists. Discard uncommitted work. */
export class FencedError extends BrokerError {
  readonly code: string = 'BROKER_FENCED'
}

/**
 * The group is in another generation. Nothing was stored and the transaction is unchanged: a member of the current generation that
 * kept its tasks may repeat the call as such (DECISIONS 87).
 */
export class StaleGenerationError extends FencedError {
  override readonly code = 'BROKER_STALE_GENERATION'
}

/** The call may or may not have had its effect. Open the transactional id again and read the committed offset. */
export class OutcomeUnknownError extends BrokerError {
  readonly code = 'BROKER_OUTCOME_UNKNOWN'
}

/** The group is rebalancing. Join again. */
export class RebalanceInProgressError extends BrokerError {
  readonly code = 'BROKER_REBALANCE_IN_PROGRESS'
}

/** The coordinator does not know this member, or no longer. Join as a new member. */
export class UnknownMemberError extends BrokerError {
  readonly code = 'BROKER_UNKNOWN_MEMBER'
}

/** The requested offset is below the log start or beyond the log end. */
export class OffsetOutOfRangeError extends BrokerError {
  readonly code = 'BROKER_OFFSET_OUT_OF_RANGE'
}

/**
 * A batch's bytes are damaged, or compressed in a way that this version cannot read. Its records are neither skipped nor delivered: wait for
 * an operator, or fetch from another offset. The message names `topic-partition@offset`.
 */
export class UnreadableBatchError extends BrokerError {
  readonly code = 'BROKER_UNREADABLE_BATCH'
}

export class UnknownTopicError extends BrokerError {
  readonly code = 'BROKER_UNKNOWN_TOPIC'
}

/**
 * The topic does not take a record: it is too large, lacks the key that a compacted topic needs, has a timestamp out of the topic's range, or no topic
 * can have the name. The record has to change, or the topic's settings.
 */
export class RecordRefusedError extends BrokerError {
  readonly code = 'BROKER_RECORD_REFUSED'
}

/** The engine cannot recover: wrong configuration, damaged data directory. The message tells the operator what to do. */
export class FatalBrokerError extends BrokerError {
  readonly code: string = 'BROKER_FATAL'
}

/** The principal lacks a right, which the message names: grant it and start again. */
export class NotAuthorizedError extends FatalBrokerError {
  override readonly code = 'BROKER_NOT_AUTHORIZED'
}
