import type { Timers } from '../ports.ts'

/** True when the work is done within the time; false when it goes on behind the caller's back. Rejects as the work does. */
export async function within(timers: Timers, timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  let stopWaiting: (isDone: boolean) => void = () => undefined
  const timeout = new Promise<boolean>((resolve) => (stopWaiting = resolve))
  const timer = timers.setTimeout(() => stopWaiting(false), timeoutMs)
  try {
    return await Promise.race([work.then(() => true), timeout])
  } finally {
    timer.cancel()
  }
}
