/** Percentiles of durations in constant memory. Buckets grow by 2 %, which bounds the error of a percentile. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS)
  #total = 0

  get count(): number {
    return this.#total
  }

  record(durationMs: number): void {
    const bucket = durationMs <= SMALLEST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(durationMs / SMALLEST_MS) / LOG_GROWTH))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#total += 1
  }

  /** The duration that the given share (0 to 1) of all durations does not exceed; undefined: none was recorded. */
  percentile(share: number): number | undefined {
    if (this.#total === 0) return undefined
    let remaining = Math.ceil(this.#total * share)
    const bucket = this.#counts.findIndex((count) => (remaining -= count) <= 0)
    return SMALLEST_MS * GROWTH ** bucket
  }

  add(other: LatencyHistogram): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count
    this.#total += other.#total
  }
}

const SMALLEST_MS = 0.05
const GROWTH = 1.02
const LOG_GROWTH = Math.log(GROWTH)
/** Enough for about two minutes. */
const BUCKETS = 745
