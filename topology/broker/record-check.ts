import { shortKey } from '../errors.ts'
import { RecordRefusedError } from './errors.ts'
import type { Header } from './record-batch/index.ts'
import { sizeAlone } from './record-batch/index.ts'
import { DEFAULT_RECORD_LIMITS, type RecordLimits } from './record-limits.ts'

/** The most that a record's varints and the batch around it take. A record shorter than the limit by this much fits. */
const OVERHEAD_BYTES = 128

/**
 * Finds a record that its topic does not take before anything is sent, so that the record is to blame and not the transaction. One per topic, which its
 * users keep: it follows the topic's settings.
 */
export class RecordCheck {
  readonly topic: string
  readonly #now: () => number
  #limits: RecordLimits = DEFAULT_RECORD_LIMITS
  /** Timestamps up to this one are known to be accepted. */
  #latest = -Infinity

  /** `now`: milliseconds since the epoch. */
  constructor(topic: string, limits: RecordLimits, now: () => number) {
    this.topic = topic
    this.#now = now
    this.limits = limits
  }

  get limits(): RecordLimits {
    return this.#limits
  }

  set limits(limits: RecordLimits) {
    this.#limits = limits
    this.#latest = -Infinity
  }

  /** Throws `RecordRefusedError`. Leaves the size to `assertFits`. */
  assertValid(key: Uint8Array | null, timestamp: number): void {
    if (key === null) this.#assertKeyless()
    if (timestamp > this.#latest) this.#assertInTime(key, timestamp)
  }

  /** Whether the record fits into a batch of its own. */
  fits(key: Uint8Array | null, value: Uint8Array | null, headers?: readonly Header[]): boolean {
    const { maxMessageBytes } = this.#limits
    const bytes = (key === null ? 0 : key.length) + (value === null ? 0 : value.length)
    if (headers === undefined && bytes + OVERHEAD_BYTES <= maxMessageBytes) return true
    return bytes <= maxMessageBytes && sizeAlone(key, value, headers) <= maxMessageBytes
  }

  /** Throws `RecordRefusedError`. */
  assertFits(key: Uint8Array | null, value: Uint8Array | null, headers?: readonly Header[]): void {
    if (!this.fits(key, value, headers)) throw this.tooLarge(key, value, headers)
  }

  /** Begins with `what`. */
  tooLarge(key: Uint8Array | null, value: Uint8Array | null, headers?: readonly Header[], what = 'A record'): RecordRefusedError {
    return new RecordRefusedError(
      `${what} with key ${shortKey(key)} is too large for topic ${this.topic}: it takes ${sizeAlone(key, value, headers)} bytes, ` +
        `and max.message.bytes is ${this.#limits.maxMessageBytes}. Raise it, or write less under one key.`,
    )
  }

  #assertKeyless(): void {
    if (!this.#limits.needsKeys) return
    throw new RecordRefusedError(
      `Topic ${this.topic} is compacted and takes no record without a key: write one, or change its cleanup.policy.`,
    )
  }

  #assertInTime(key: Uint8Array | null, timestamp: number): void {
    const { timestampBeforeMaxMs, timestampAfterMaxMs } = this.#limits
    const now = this.#now()
    if (timestampBeforeMaxMs === Infinity) this.#latest = now + timestampAfterMaxMs
    if (timestamp <= now + timestampAfterMaxMs && timestamp >= now - timestampBeforeMaxMs) return
    const [name, maxMs] =
      timestamp > now ? ['message.timestamp.after.max.ms', timestampAfterMaxMs] : ['message.timestamp.before.max.ms', timestampBeforeMaxMs]
    throw new RecordRefusedError(
      `A record with key ${shortKey(key)} has the timestamp ${timestamp}, ${Math.abs(timestamp - now)} ms ${timestamp > now ? 'after' : 'before'} now, ` +
        `and ${name} of topic ${this.topic} is ${maxMs}. Raise it, or write another timestamp.`,
    )
  }
}
