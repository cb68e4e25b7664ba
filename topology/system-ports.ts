import { randomUUID } from 'node:crypto'
import type { Clock, Logger, Ports, Timers } from './ports.ts'
import { stderrLogger } from './stderr-logger.ts'

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** Node fires a longer timer at once. A task that wakes up before its punctuator is due sets the timer again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

const timers: Timers = {
  setTimeout: (callback, delayMs) => {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS))
    return { cancel: () => clearTimeout(timer) }
  },
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason as Error)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, delayMs)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
  yield: () => new Promise((resolve) => setImmediate(resolve)),
}

/** The machine's own clock, timers and randomness. The default logger prints warnings and errors to standard error. */
export function systemPorts(logger: Logger = stderrLogger(clock)): Ports {
  return {
    clock,
    timers,
    random: { next: () => Math.random(), uuid: () => randomUUID() },
    logger,
  }
}
