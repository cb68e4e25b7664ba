import type { Clock } from '../../topology/index.ts'
import { LatencyHistogram } from './latency-histogram.ts'

const SPAN_MS = 10_000

/** Percentiles of the last ten to twenty seconds, in constant memory. */
export class RecentLatency {
  readonly #clock: Clock
  #current = new LatencyHistogram()
  #previous = new LatencyHistogram()
  #since: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.monotonic()
  }

  record(durationMs: number): void {
    this.#turn()
    this.#current.record(durationMs)
  }

  percentile(share: number): number | undefined {
    this.#turn()
    const all = new LatencyHistogram()
    all.add(this.#previous)
    all.add(this.#current)
    return all.percentile(share)
  }

  #turn(): void {
    const now = this.#clock.monotonic()
    const age = now - this.#since
    if (age < SPAN_MS) return
    this.#previous = age < 2 * SPAN_MS ? this.#current : new LatencyHistogram()
    this.#current = new LatencyHistogram()
    this.#since = now
  }
}
