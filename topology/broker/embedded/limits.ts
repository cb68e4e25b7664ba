import { DEFAULT_RECORD_LIMITS } from '../record-limits.ts'

/** What the embedded broker accepts, as a Kafka broker's settings say it. Topics override the first three. */
export interface BrokerLimits {
  /** `message.max.bytes`. Default 1,048,588. */
  readonly maxMessageBytes: number
  /** `log.message.timestamp.before.max.ms`. Default `Infinity`. */
  readonly timestampBeforeMaxMs: number
  /** `log.message.timestamp.after.max.ms`. Default one hour. */
  readonly timestampAfterMaxMs: number
  /** `group.min.session.timeout.ms`. Default 0, where Kafka has 6 s: members in the broker's own process need no long sessions (DECISIONS 106). */
  readonly minSessionTimeoutMs: number
  /** `group.max.session.timeout.ms`. Default 30 minutes. */
  readonly maxSessionTimeoutMs: number
  /** `transaction.max.timeout.ms`. Default 15 minutes. */
  readonly maxTransactionTimeoutMs: number
}

export const DEFAULT_BROKER_LIMITS: BrokerLimits = {
  maxMessageBytes: DEFAULT_RECORD_LIMITS.maxMessageBytes,
  timestampBeforeMaxMs: DEFAULT_RECORD_LIMITS.timestampBeforeMaxMs,
  timestampAfterMaxMs: DEFAULT_RECORD_LIMITS.timestampAfterMaxMs,
  minSessionTimeoutMs: 0,
  maxSessionTimeoutMs: 1_800_000,
  maxTransactionTimeoutMs: 900_000,
}
