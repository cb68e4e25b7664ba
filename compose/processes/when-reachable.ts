import { RegistryUnreachableError } from '../../schemas/index.ts'
import { RetriableBrokerError, type Logger, type Timers } from '../../topology/index.ts'

export interface WhenReachableOptions<T> {
  /** Must have no effect when it fails. */
  readonly start: () => Promise<T>
  /** Resolves when the process is to end. */
  readonly stopped: Promise<void>
  readonly timers: Timers
  readonly logger: Logger
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000

/**
 * Starts once Kafka and the registry answer: when a machine comes back, its services start in any order. Logs each failed attempt; the pauses
 * double. Undefined: stopped before that; an attempt may still be under way. Other errors are thrown.
 */
export async function whenReachable<T>({ start, stopped, timers, logger }: WhenReachableOptions<T>): Promise<T | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await Promise.race([start(), stopped.then(() => undefined)])
    } catch (error) {
      if (!(error instanceof RetriableBrokerError || error instanceof RegistryUnreachableError)) throw error
      logger.warn('cannot start yet, trying again', { cause: error.message, pauseMs })
    }
    const isStopped = await Promise.race([timers.sleep(pauseMs).then(() => false), stopped.then(() => true)])
    if (isStopped) return undefined
  }
}
