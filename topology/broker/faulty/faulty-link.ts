import type { Random, Timers } from '../../ports.ts'
import type { FaultProfile } from './fault-profile.ts'

/** The way between one client and the broker: every call crosses it twice. */
export class FaultyLink {
  readonly #profile: FaultProfile
  readonly #random: Random
  readonly #timers: Timers
  #frozen: Promise<void> | undefined

  constructor(profile: FaultProfile, random: Random, timers: Timers) {
    this.#profile = profile
    this.#random = random
    this.#timers = timers
  }

  /**
   * Makes the call, unless it gets lost. `lost` makes the error of a lost request or answer; what a client must do differs
   * from call to call.
   */
  async call<T>(work: () => Promise<T>, lost: (what: 'request' | 'answer') => Error): Promise<T> {
    const profile = this.#profile
    if (!profile.enabled) return work()
    if (this.#isSlow()) await this.#delay()
    if (this.#isLost(profile.lostRequest)) throw lost('request')
    const result = await work()
    if (!profile.enabled) return result
    if (this.#isSlow()) await this.#delay()
    if (this.#isLost(profile.lostAnswer)) throw lost('answer')
    return result
  }

  /** Whether the request is to be under way still when its caller gives up; then it is made some time later, unheard. */
  overtaken(work: () => Promise<unknown>): boolean {
    const { enabled, lateCommit, maxDelayMs } = this.#profile
    if (!enabled || !this.#drawn(lateCommit)) return false
    const unheard = (): undefined => undefined
    this.#timers.setTimeout(() => void work().then(unheard, unheard), this.#random.next() * maxDelayMs)
    return true
  }

  /** A send begins. */
  freezeIfDue(): void {
    const { freezeMs } = this.#profile
    if (freezeMs === 0) return
    this.#profile.freezeMs = 0
    this.#frozen = this.#timers.sleep(freezeMs).then(() => (this.#frozen = undefined))
  }

  #isSlow(): boolean {
    return this.#frozen !== undefined || this.#profile.partitioned || this.#drawn(this.#profile.delay)
  }

  async #delay(): Promise<void> {
    const { partitioned, maxDelayMs } = this.#profile
    await this.#frozen
    await this.#timers.sleep(partitioned ? maxDelayMs : (this.#random.next() * maxDelayMs) / 2)
  }

  #isLost(probability: number): boolean {
    return this.#profile.partitioned || this.#drawn(probability)
  }

  #drawn(probability: number): boolean {
    return probability > 0 && this.#random.next() < probability
  }
}
