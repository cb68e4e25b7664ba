import type { Timers } from '../../ports.ts'

/**
 * The turns of an instance's tasks: one task at a time, with a look at sockets and timers in between. However many tasks are busy, the event loop is
 * held up for no longer than one turn.
 */
export class Turns {
  readonly #timers: Timers
  readonly #waiting: (() => void)[] = []
  #isRunning = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      await this.#timers.yield()
      this.#waiting.shift()?.()
    }
    this.#isRunning = false
  }
}
