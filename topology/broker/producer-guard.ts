import { StaleGenerationError } from './errors.ts'

/**
 * Decides for every adapter which errors spend a transactional producer: all but `StaleGenerationError`, which leaves the transaction as it
 * was. After any other error some of the transaction may be missing, so later calls reject with that first error until the caller opens
 * the transactional id again.
 */
export class ProducerGuard {
  #failure: unknown

  async run<T>(call: () => T | Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof StaleGenerationError)) this.spend(error)
      throw error
    }
  }

  /** Makes every later call reject with this error, unless the producer is spent already. */
  spend(error: unknown): void {
    this.#failure ??= error
  }
}
