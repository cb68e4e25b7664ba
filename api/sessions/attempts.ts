import type { Clock } from '../../topology/index.ts'

export interface AttemptLimits {
  readonly attempts: number
  readonly windowMs: number
}

/** Beyond this number of keys the oldest is dropped. */
const MAX_KEYS = 20_000

/** Limits the attempts per key and time window, in bounded memory. */
export class Attempts {
  readonly #clock: Clock
  readonly #limits: AttemptLimits
  readonly #windows = new Map<string, { readonly endsAt: number; count: number }>()

  constructor(clock: Clock, limits: AttemptLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Counts an attempt. False: the limit is exceeded. */
  admit(key: string): boolean {
    const now = this.#clock.monotonic()
    let window = this.#windows.get(key)
    if (window === undefined || window.endsAt <= now) {
      this.#windows.delete(key)
      window = { endsAt: now + this.#limits.windowMs, count: 0 }
      this.#windows.set(key, window)
      const [oldest] = this.#windows.keys()
      if (this.#windows.size > MAX_KEYS && oldest !== undefined) this.#windows.delete(oldest)
    }
    window.count += 1
    return window.count <= this.#limits.attempts
  }

  /** An attempt that succeeded does not count. */
  uncount(key: string): void {
    const window = this.#windows.get(key)
    if (window !== undefined) window.count -= 1
  }

  forget(key: string): void {
    this.#windows.delete(key)
  }
}
