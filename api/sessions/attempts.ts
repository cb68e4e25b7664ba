import type { Clock } from '../../topology/index.ts'

export interface AttemptLimits {
  readonly attempts: number
  readonly windowMs: number
}

/** More keys than this at once: the oldest are forgotten. */
const MOST_KEYS = 20_000

/** Counts attempts by key, so many within a window. Memory is bounded whatever keys come. */
export class Attempts {
  readonly #clock: Clock
  readonly #limits: AttemptLimits
  readonly #windows = new Map<string, { readonly endsAt: number; count: number }>()

  constructor(clock: Clock, limits: AttemptLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Counts this one; false: it is one too many. */
  admit(key: string): boolean {
    const now = this.#clock.monotonic()
    let window = this.#windows.get(key)
    if (window === undefined || window.endsAt <= now) {
      this.#windows.delete(key)
      window = { endsAt: now + this.#limits.windowMs, count: 0 }
      this.#windows.set(key, window)
      const [oldest] = this.#windows.keys()
      if (this.#windows.size > MOST_KEYS && oldest !== undefined) this.#windows.delete(oldest)
    }
    window.count += 1
    return window.count <= this.#limits.attempts
  }

  /** The attempt was a good one: it does not count. */
  takeBack(key: string): void {
    const window = this.#windows.get(key)
    if (window !== undefined) window.count -= 1
  }

  forget(key: string): void {
    this.#windows.delete(key)
  }
}
