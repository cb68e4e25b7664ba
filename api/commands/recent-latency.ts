import type { Clock } from '../../topology/index.ts'
import { LatencyHistogram } from './latency-histogram.ts'

const HISTOGRAM_MS = 10_000

/** Percentiles over the last 10 to 20 seconds, in constant memory: two histograms of 10 seconds each that replace each other. */
export class RecentLatency {
  readonly #clock: Clock
  #current = new LatencyHistogram()
  #previous = new LatencyHistogram()
  #startedAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock.monotonic()
  }

  record(durationMs: number): void {
    this.#rotate()
    this.#current.record(durationMs)
  }

  percentile(share: number): number | undefined {
    this.#rotate()
    const all = new LatencyHistogram()
    all.add(this.#previous)
    all.add(this.#current)
    return all.percentile(share)
  }

  #rotate(): void {
    const now = this.#clock.monotonic()
    const age = now - this.#startedAt
    if (age < HISTOGRAM_MS) return
    this.#previous = age < 2 * HISTOGRAM_MS ? this.#current : new LatencyHistogram()
    this.#current = new LatencyHistogram()
    this.#startedAt = now
  }
}
