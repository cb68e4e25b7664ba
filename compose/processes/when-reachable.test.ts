import { describe, expect, it } from 'vitest'
import { IncompatibleSchemaError, RegistryUnreachableError } from '../../schemas/index.ts'
import { RetriableBrokerError, type Timers } from '../../topology/index.ts'
import { silentLogger } from '../../topology/testing/index.ts'
import { whenReachable } from './when-reachable.ts'

const NEVER = new Promise<void>(() => undefined)

describe('21.8 A process that starts before Kafka or the registry', () => {
  it('says so at growing intervals and starts once both answer', async () => {
    const pauses: number[] = []
    const warnings: unknown[] = []
    const failures = [
      ...Array.from({ length: 7 }, () => new RetriableBrokerError('no broker')),
      new RegistryUnreachableError('no registry'),
    ]
    const started = await whenReachable({
      start: async () => {
        const failure = failures.shift()
        if (failure !== undefined) throw failure
        return 'started'
      },
      stopped: NEVER,
      timers: recording(pauses),
      logger: { ...silentLogger, warn: (message, fields) => warnings.push([message, fields]) },
    })
    expect(started).toBe('started')
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    expect(warnings).toHaveLength(8)
    expect(warnings[0]).toEqual(['cannot start yet, trying again', { cause: 'no broker', pauseMs: 500 }])
    expect(warnings[7]).toEqual(['cannot start yet, trying again', { cause: 'no registry', pauseMs: 30_000 }])
  })

  it('fails at once with an error that no waiting removes', async () => {
    const start = async () => {
      throw new IncompatibleSchemaError('refused')
    }
    await expect(whenReachable({ start, stopped: NEVER, timers: recording([]), logger: silentLogger })).rejects.toThrow('refused')
  })

  it('stops while it pauses, and during an attempt', async () => {
    for (const start of [async () => Promise.reject(new RegistryUnreachableError('no registry')), async () => NEVER]) {
      let stop = (): void => undefined
      const stopped = new Promise<void>((resolve) => (stop = resolve))
      const starting = whenReachable({
        start,
        stopped,
        timers: { ...recording([]), sleep: () => NEVER },
        logger: silentLogger,
      })
      stop()
      expect(await starting).toBeUndefined()
    }
  })
})

/** Timers whose pauses take no time. */
function recording(pauses: number[]): Timers {
  return {
    setTimeout: () => ({ cancel: () => undefined }),
    sleep: async (delayMs) => void pauses.push(delayMs),
    yield: async () => undefined,
  }
}
