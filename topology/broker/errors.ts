/** Errors of the broker seam, named after the reaction they need. Each has a stable `code` and keeps its cause. */
export abstract class BrokerError extends Error {
  abstract readonly code: string
}

/** The broker could not be reached or is busy: the same call may be made again. */
export class RetriableBrokerError extends BrokerError {
  readonly code = 'BROKER_RETRIABLE'
}

/** A newer holder of the transactional id, or a newer generation of the group, exists: drop what is in hand. */
export class FencedError extends BrokerError {
  readonly code: string = 'BROKER_FENCED'
}

/** The group has gone on from that generation. Nothing was stored: who is in the present one, and has kept what he had, may ask again as its member. */
export class StaleGenerationError extends FencedError {
  override readonly code = 'BROKER_STALE_GENERATION'
}

/** It is not known whether the commit happened: open the transactional id again and read the committed offset. */
export class OutcomeUnknownError extends BrokerError {
  readonly code = 'BROKER_OUTCOME_UNKNOWN'
}

/** The group gathers again: finish what is under way and join. */
export class RebalanceInProgressError extends BrokerError {
  readonly code = 'BROKER_REBALANCE_IN_PROGRESS'
}

/** The coordinator does not know this member (any more): join as a new one. */
export class UnknownMemberError extends BrokerError {
  readonly code = 'BROKER_UNKNOWN_MEMBER'
}

/** The asked offset is not in the log (any more). */
export class OffsetOutOfRangeError extends BrokerError {
  readonly code = 'BROKER_OFFSET_OUT_OF_RANGE'
}

export class UnknownTopicError extends BrokerError {
  readonly code = 'BROKER_UNKNOWN_TOPIC'
}

/** Nothing the engine can mend: bad configuration, damaged data directory. The message says what to do. */
export class FatalBrokerError extends BrokerError {
  readonly code = 'BROKER_FATAL'
}
