import type { Admin } from '../../broker/index.ts'
import { messageOf } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import { offsetOf } from '../state/index.ts'
import type { QueueSource } from './fetch-loop.ts'

export interface InputEndsOptions {
  readonly admin: Pick<Admin, 'listOffsets'>
  readonly ports: Ports
  readonly source: QueueSource
  /** A request that is not answered for so long is an obstacle, milliseconds. */
  readonly stallTimeoutMs: number
}

const INTERVAL_MS = 10_000

/**
 * Asks the brokers where the input partitions end, apart from the fetches: a fetch that brings nothing looks like a partition that holds nothing,
 * and the task would seem to have no work.
 */
export class InputEnds {
  readonly #options: InputEndsOptions
  #askedAt = -Infinity
  #isAsking = false
  #failure: string | undefined

  constructor(options: InputEndsOptions) {
    this.#options = options
  }

  /** Why the ends are not known at the moment. */
  get obstacle(): string | undefined {
    const { ports, stallTimeoutMs } = this.#options
    const isOverdue = this.#isAsking && ports.clock.monotonic() - this.#askedAt >= stallTimeoutMs
    return isOverdue ? 'ListOffsets is not answered.' : this.#failure
  }

  /** To be called regularly; asks from time to time. */
  check(): void {
    const now = this.#options.ports.clock.monotonic()
    if (this.#isAsking || now - this.#askedAt < INTERVAL_MS) return
    this.#askedAt = now
    void this.#ask()
  }

  async #ask(): Promise<void> {
    const { admin, source } = this.#options
    const partitions = [...source.queues()].map(({ queue: { topic, partition } }) => ({ topic, partition }))
    if (partitions.length === 0) return
    this.#isAsking = true
    try {
      const ends = await admin.listOffsets(partitions, 'latest')
      for (const { queue } of source.queues()) queue.learnEnd(offsetOf(ends, queue) ?? 0)
      this.#failure = undefined
    } catch (error) {
      this.#failure = messageOf(error)
    }
    this.#isAsking = false
  }
}
