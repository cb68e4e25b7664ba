import type { Timers } from '../topology/index.ts'

const ATTEMPTS = 20
const RETRY_MS = 25

/** An outcome can be a moment ahead of the state that is read: asks again until it shows, for half a second at most. */
export async function untilSeen<T>(timers: Timers, read: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    const value = await read()
    if (value !== undefined || attempt === ATTEMPTS) return value
    await timers.sleep(RETRY_MS)
  }
}
