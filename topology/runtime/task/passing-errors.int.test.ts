import { describe, expect, it } from 'vitest'
import { StateUnavailableError, StateWriteError } from '../../../state/index.ts'
import type { LogFields } from '../../ports.ts'
import { override } from '../../testing/override.ts'
import { memoryTaskStorages, readDeadLetters, type TaskStorages } from '../index.ts'
import { counting } from '../testing/counting.ts'
import { openApplication } from '../testing/open-application.ts'

type Operation = 'open' | 'get' | 'write'

const unavailable = (): Error => new StateUnavailableError('/state cannot be used at the moment (EMFILE). Nothing is lost.')

/** Storages of which one operation fails while `isFailing` says so; counts how often a task's state was destroyed. */
function failingStorages(
  operation: Operation,
  isFailing: () => boolean,
): { readonly storages: TaskStorages; readonly wipes: () => number } {
  const memory = memoryTaskStorages()
  let wipes = 0
  const storages: TaskStorages = {
    open: async (task) => {
      if (operation === 'open' && isFailing()) throw unavailable()
      const storage = await memory.open(task)
      return override(storage, {
        get: (key) => {
          if (operation === 'get' && isFailing()) throw unavailable()
          return storage.get(key)
        },
        batch: () => {
          const batch = storage.batch()
          return override(batch, {
            write: async (options) => {
              if (operation === 'write' && isFailing())
                throw new StateWriteError(`A write failed: ${unavailable().message}`, { cause: unavailable() })
              return batch.write(options)
            },
          })
        },
      })
    },
    destroy: async (task) => {
      wipes++
      return memory.destroy(task)
    },
  }
  return { storages, wipes: () => wipes }
}

describe('21.2 State that cannot be used for a while', () => {
  it.each(['open', 'get', 'write'] as const)('is waited for, and neither wiped nor the fault of a record (%s)', async (operation) => {
    const app = await openApplication({ topology: counting(), topics: ['in', 'out'] })
    const keys = Array.from({ length: 50 }, (_, at) => `key-${at}`)
    let isFailing = false
    const warnings: LogFields[] = []
    const logger = { ...app.ports.logger, warn: (_: string, fields: LogFields = {}) => void warnings.push(fields) }
    const { storages, wipes } = failingStorages(operation, () => isFailing)
    const first = await app.start('one', { storages })
    await app.send('in', ...keys.map((key) => [key, 'x'] as const))
    await app.rows('out', keys.length)
    await first.stop() // the next opening finds an empty cache
    isFailing = operation === 'open'
    const one = await app.start('one', { storages, ports: { ...app.ports, logger } })
    if (operation !== 'open') await expect.poll(() => one.health().isHealthy).toBe(true)
    isFailing = true
    await app.send('in', ...keys.map((key) => [key, 'x'] as const))
    await expect.poll(() => one.health().problems.join('\n'), { timeout: 10_000 }).toContain('EMFILE')
    expect(one.state).toBe('running')
    isFailing = false
    await expect
      .poll(async () => (await app.read('out')).filter(({ value }) => value === '2').length, { timeout: 10_000 })
      .toBe(keys.length)
    expect(await app.read('out')).toHaveLength(2 * keys.length)
    expect(wipes()).toBe(0)
    expect(await readDeadLetters(app.broker, 'app')).toEqual([])
    expect(warnings.map(({ code }) => code)).toContain('task-waits')
    await expect.poll(() => one.health().isHealthy).toBe(true)
  })
})
