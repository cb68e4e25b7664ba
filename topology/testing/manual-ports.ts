import type { Ports, TimerHandle } from '../ports.ts'
import { silentLogger } from './silent-logger.ts'

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Ports for tests: the clock stands still until `advance`, and random numbers are a fixed sequence. */
export interface ManualPorts extends Ports {
  /** Moves the clock timer by timer. Promise reactions to a timer have run before the next timer fires. */
  advance(delayMs: number): Promise<void>
}

export function manualPorts(startMs = 1_700_000_000_000): ManualPorts {
  const timers = new Set<Timer>()
  let now = startMs
  let state = 0
  const setTimer = (callback: () => void, delayMs: number): TimerHandle => {
    const timer = { dueMs: now + delayMs, callback }
    timers.add(timer)
    return { cancel: () => void timers.delete(timer) }
  }
  const next = (): number => ((state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) + 0.5) / 2_147_483_648
  return {
    clock: { now: () => now, monotonic: () => now - startMs },
    timers: {
      setTimeout: setTimer,
      sleep: (delayMs, signal) =>
        new Promise((resolve, reject) => {
          const onAbort = (): void => {
            timer.cancel()
            reject(signal?.reason as Error)
          }
          if (signal?.aborted) return reject(signal.reason as Error)
          const timer = setTimer(() => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          }, delayMs)
          signal?.addEventListener('abort', onAbort, { once: true })
        }),
      yield: nextMacrotask,
    },
    random: { next, uuid: () => `uuid-${next().toString(16).slice(2)}` },
    logger: silentLogger,
    async advance(delayMs) {
      const untilMs = now + delayMs
      await nextMacrotask()
      for (;;) {
        const due = [...timers].filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0]
        if (due === undefined) break
        timers.delete(due)
        now = Math.max(now, due.dueMs)
        due.callback()
        await nextMacrotask()
      }
      now = untilMs
      await nextMacrotask()
    },
  }
}

/** Waits one turn of the real event loop, in which all promises that need no I/O settle. */
function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
