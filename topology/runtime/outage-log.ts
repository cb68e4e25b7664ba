import type { Clock, LogFields, Logger } from '../ports.ts'

type Fields = LogFields

const FIRST_INTERVAL_MS = 10_000
const LONGEST_INTERVAL_MS = 10 * 60_000

/**
 * Warns about something that fails again and again: at once, at each new reason, and then at growing intervals for as long as it lasts, with since
 * when. Says also when it is over.
 */
export class OutageLog {
  readonly #clock: Clock
  readonly #logger: Logger
  #outage: { readonly since: number; readonly reason: string; nextAt: number; intervalMs: number; failures: number } | undefined

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Milliseconds since the epoch; undefined while nothing fails. */
  get since(): number | undefined {
    return this.#outage?.since
  }

  /** Of the last failure; undefined while nothing fails. */
  get reason(): string | undefined {
    return this.#outage?.reason
  }

  failed(message: string, reason: string, fields: Fields = {}): void {
    const now = this.#clock.now()
    const outage = this.#outage
    if (outage !== undefined) outage.failures++
    if (outage !== undefined && outage.reason === reason && now < outage.nextAt) return
    const since = outage?.since ?? now
    const failures = outage?.failures ?? 1
    const intervalMs = outage?.reason === reason ? Math.min(2 * outage.intervalMs, LONGEST_INTERVAL_MS) : FIRST_INTERVAL_MS
    this.#outage = { since, reason, nextAt: now + intervalMs, intervalMs, failures }
    const sinceText = new Date(since).toISOString()
    this.#logger.warn(message, { ...fields, reason, ...(failures === 1 ? {} : { since: sinceText, failures }) })
  }

  recovered(message: string, fields: Fields = {}): void {
    const outage = this.#outage
    if (outage === undefined) return
    this.#outage = undefined
    this.#logger.info(message, { ...fields, afterMs: this.#clock.now() - outage.since, failures: outage.failures })
  }
}
