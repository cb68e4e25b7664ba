import type { Random, Timers } from '../../ports.ts'
import type { FaultProfile } from './fault-profile.ts'

/** The connection between one client and the broker: each call crosses it twice, as a request and as a response. */
export class FaultyConnection {
  readonly #profile: FaultProfile
  readonly #random: Random
  readonly #timers: Timers
  #frozen: Promise<void> | undefined

  constructor(profile: FaultProfile, random: Random, timers: Timers) {
    this.#profile = profile
    this.#random = random
    this.#timers = timers
  }

  /** Makes the call, unless it gets lost. `lost` creates the error of a lost request or response, which differs from call to call. */
  async call<T>(work: () => Promise<T>, lost: (what: 'request' | 'response') => Error): Promise<T> {
    const profile = this.#profile
    if (!profile.enabled) return work()
    if (this.#isSlow()) await this.#delay()
    if (this.#isLost(profile.lostRequest)) throw lost('request')
    const result = await work()
    if (!profile.enabled) return result
    if (this.#isSlow()) await this.#delay()
    if (this.#isLost(profile.lostAnswer)) throw lost('response')
    return result
  }

  /** Decides whether the request arrives only after its caller gave up. If so, makes it later and discards its result. */
  deliverLate(work: () => Promise<unknown>): boolean {
    const { enabled, lateCommit, maxDelayMs } = this.#profile
    if (!enabled || !this.#happens(lateCommit)) return false
    const ignored = (): undefined => undefined
    this.#timers.setTimeout(() => void work().then(ignored, ignored), this.#random.next() * maxDelayMs)
    return true
  }

  /** Called at the start of each send: begins the freeze that the profile asks for. */
  freezeIfDue(): void {
    const { freezeMs } = this.#profile
    if (freezeMs === 0) return
    this.#profile.freezeMs = 0
    this.#frozen = this.#timers.sleep(freezeMs).then(() => (this.#frozen = undefined))
  }

  #isSlow(): boolean {
    return this.#frozen !== undefined || this.#profile.partitioned || this.#happens(this.#profile.delay)
  }

  async #delay(): Promise<void> {
    const { partitioned, maxDelayMs } = this.#profile
    await this.#frozen
    await this.#timers.sleep(partitioned ? maxDelayMs : (this.#random.next() * maxDelayMs) / 2)
  }

  #isLost(probability: number): boolean {
    return this.#profile.partitioned || this.#happens(probability)
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#random.next() < probability
  }
}
