import type { Ports, TimerHandle } from '../ports.ts'

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Ports for tests: time stands still until `advance`, randomness counts. */
export interface ManualPorts extends Ports {
  /** Lets the time pass, timer by timer; what a timer set going has settled before the next one fires. */
  advance(delayMs: number): Promise<void>
}

export function manualPorts(startMs = 1_700_000_000_000): ManualPorts {
  const timers = new Set<Timer>()
  let now = startMs
  let drawn = 0
  const setTimer = (callback: () => void, delayMs: number): TimerHandle => {
    const timer = { dueMs: now + delayMs, callback }
    timers.add(timer)
    return { cancel: () => void timers.delete(timer) }
  }
  const next = (): number => ((drawn = (drawn * 1_103_515_245 + 12_345) % 2_147_483_648) + 0.5) / 2_147_483_648
  return {
    clock: { now: () => now, monotonic: () => now - startMs },
    timers: {
      setTimeout: setTimer,
      sleep: (delayMs) => new Promise((resolve) => setTimer(resolve, delayMs)),
      yield: turn,
    },
    random: { next, uuid: () => `uuid-${next().toString(16).slice(2)}` },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    async advance(delayMs) {
      const untilMs = now + delayMs
      await turn()
      for (;;) {
        const due = [...timers].filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0]
        if (due === undefined) break
        timers.delete(due)
        now = Math.max(now, due.dueMs)
        due.callback()
        await turn()
      }
      now = untilMs
      await turn()
    },
  }
}

/** A turn of the real event loop: all promises that can settle without I/O have. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
