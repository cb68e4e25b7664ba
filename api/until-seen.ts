import type { Timers } from '../topology/index.ts'

const ATTEMPTS = 20
const RETRY_MS = 25

/** Retries a read for up to half a second, because an outcome can arrive before the state that it announces is readable. */
export async function untilSeen<T>(timers: Timers, read: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    const value = await read()
    if (value !== undefined || attempt === ATTEMPTS) return value
    await timers.sleep(RETRY_MS)
  }
}
