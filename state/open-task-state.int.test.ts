import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_CHANGELOG } from './changelog.ts'
import { StateCorruptedError, StateWriteError } from './errors.ts'
import { openLevelStorage } from './leveldb/index.ts'
import { GatheredBatch, MemoryStorage } from './memory/index.ts'
import { openTaskState } from './open-task-state.ts'
import type { StorageOperation } from './ordered-storage.ts'
import { Serdes } from './serdes.ts'
import type { KeyValueStore } from './store.ts'
import { Stores } from './stores.ts'
import type { TaskState } from './task-state.ts'
import { collect, cursorOver, StateUnderTest, STORAGES } from './testing/index.ts'

const common = { key: Serdes.string, value: Serdes.string }
const rows = Stores.keyValue({ name: 'rows', ...common })
const others = Stores.keyValue({ name: 'others', ...common })
const inMemory = Stores.keyValue({ name: 'in-memory', ...common, persistent: false })

const storeOf = (state: TaskState, name = 'rows'): KeyValueStore<string, string> => state.store(name) as KeyValueStore<string, string>

/** A storage that records each batch. */
class RecordingStorage extends MemoryStorage {
  readonly batches: (readonly StorageOperation[])[] = []

  override batch(): GatheredBatch {
    return new GatheredBatch(async (operations) => {
      this.batches.push(operations)
      this.apply(operations)
    })
  }
}

/** A storage whose writes wait until the test completes or fails them. */
class BlockingStorage extends MemoryStorage {
  readonly #waiting: { readonly complete: () => void; readonly fail: () => void }[] = []

  override batch(): GatheredBatch {
    return new GatheredBatch(
      (operations) =>
        new Promise<void>((resolve, reject) => {
          const complete = (): void => {
            this.apply(operations)
            resolve()
          }
          this.#waiting.push({ complete, fail: () => reject(new StateWriteError('disk full')) })
        }),
    )
  }

  completeWrite(): void {
    this.#waiting.shift()?.complete()
  }

  failWrite(): void {
    this.#waiting.shift()?.fail()
  }
}

describe('The state of a task', () => {
  it('writes rows of all stores and their positions in one batch', async () => {
    const storage = new RecordingStorage()
    const state = await openTaskState({ storage, stores: [rows, others] })
    await state.commit(new Map()) // the first commit writes all markers
    storeOf(state).put('a', '1')
    storeOf(state, 'others').put('b', '2')
    await state.commit(
      new Map([
        ['rows', 5],
        ['others', 6],
      ]),
      'checkpoint',
    )
    expect(storage.batches.slice(1).map(({ length }) => length)).toEqual([5]) // two rows, the head, one marker added, one deleted
    const again = await openTaskState({ storage, stores: [others, rows] })
    expect([again.position('rows'), again.position('others'), again.checkpoint]).toEqual([5, 6, 'checkpoint'])
    expect([storeOf(again).get('a'), storeOf(again, 'others').get('b')]).toEqual(['1', '2'])
  })

  it('can be read while a commit is being written, and refuses another write', async () => {
    const storage = new BlockingStorage()
    const state = await openTaskState({ storage, stores: [rows] })
    storeOf(state).put('a', '1')
    const committed = state.commit(new Map([['rows', 1]]))
    expect(storeOf(state).get('a')).toBe('1')
    expect((await collect(storeOf(state).all())).map(({ value }) => value)).toEqual(['1'])
    storeOf(state).put('a', '2')
    await expect(state.commit(new Map([['rows', 2]]))).rejects.toThrow(
      'A write to the stores is still running. Await it before the next one.',
    )
    await expect(state.restore('rows', cursorOver([]), 2)).rejects.toThrow('still running')
    expect(state.position('rows')).toBeUndefined()
    storage.completeWrite()
    await committed
    expect(state.position('rows')).toBe(1)
    expect(storeOf(state).get('a')).toBe('2')
    expect(state.dirtyRows).toBe(1)
  })

  it('keeps its positions when a write fails, and accepts no other write until it is opened again', async () => {
    const storage = new BlockingStorage()
    const state = await openTaskState({ storage, stores: [rows] })
    storeOf(state).put('a', '1')
    const first = state.commit(new Map([['rows', 1]]))
    storage.completeWrite()
    await first
    storeOf(state).put('a', '2')
    const second = state.commit(new Map([['rows', 2]]))
    storage.failWrite()
    await expect(second).rejects.toThrow('disk full')
    expect(state.position('rows')).toBe(1)
    await expect(state.commit(new Map([['rows', 2]]))).rejects.toThrow('A write to the stores failed. Open them again.')
    const again = await openTaskState({ storage, stores: [rows] })
    expect([again.position('rows'), storeOf(again).get('a')]).toEqual([1, '1'])
  })

  it('writes no collected row of an aborted transaction to any store', async () => {
    for (const { make } of STORAGES) {
      const place = await make()
      const opened = await StateUnderTest.open(place, [rows, inMemory])
      for (const name of ['rows', 'in-memory']) storeOf(opened.state, name).put('a', 'lost')
      opened.state.collectChanges(NO_CHANGELOG)
      opened.state.abort()
      for (const name of ['rows', 'in-memory']) storeOf(opened.state, name).put('b', 'kept')
      await opened.commit()
      for (const name of ['rows', 'in-memory']) {
        expect((await collect(storeOf(opened.state, name).all())).map(({ key }) => key)).toEqual(['b'])
        expect(opened.changelog(name).map(({ key }) => String(key))).toEqual(['b'])
      }
      await opened.reopen()
      expect((await collect(storeOf(opened.state).all())).map(({ key }) => key)).toEqual(['b'])
      await opened.close()
      await place.remove()
    }
  })

  it.each([
    [2, 3],
    [2, 514],
    [2, 1_100],
    [512, 1_100],
    [513, 1_100],
    [700, 1_300],
  ])('detects that the storage lost commit %i of %i', async (lost, commits) => {
    const storage = new RecordingStorage()
    const state = await openTaskState({ storage, stores: [rows] })
    for (let commit = 1; commit <= commits; commit++) {
      storeOf(state).put(`key ${commit}`, 'v')
      await state.commit(new Map([['rows', commit]]))
    }
    const complete = new MemoryStorage()
    const incomplete = new MemoryStorage()
    for (const [at, operations] of storage.batches.entries()) {
      complete.apply(operations)
      if (at !== lost - 1) incomplete.apply(operations)
    }
    await expect(openTaskState({ storage: incomplete, stores: [rows] })).rejects.toBeInstanceOf(StateCorruptedError)
    expect((await openTaskState({ storage: complete, stores: [rows] })).position('rows')).toBe(commits)
  })

  it('detects that the storage lost its first commit', async () => {
    const storage = new RecordingStorage()
    const state = await openTaskState({ storage, stores: [rows] })
    const incomplete = new MemoryStorage()
    for (let commit = 1; commit <= 2; commit++) await state.commit(new Map([['rows', commit]]))
    for (const operations of storage.batches.slice(1)) incomplete.apply(operations)
    await expect(openTaskState({ storage: incomplete, stores: [rows] })).rejects.toBeInstanceOf(StateCorruptedError)
  })

  it('keeps a store that is not persistent in memory only: after a restart it has no rows and no position', async () => {
    for (const { make } of STORAGES) {
      const place = await make()
      const opened = await StateUnderTest.open(place, [rows, inMemory])
      storeOf(opened.state).put('a', '1')
      storeOf(opened.state, 'in-memory').put('a', '1')
      await opened.commit()
      expect([opened.state.position('in-memory'), storeOf(opened.state, 'in-memory').get('a')]).toEqual([1, '1'])
      await opened.reopen()
      expect([opened.state.position('rows'), opened.state.position('in-memory')]).toEqual([1, undefined])
      expect(await collect(storeOf(opened.state, 'in-memory').all())).toEqual([])
      await opened.state.restore('in-memory', cursorOver(opened.changelog('in-memory')), 1)
      expect(storeOf(opened.state, 'in-memory').get('a')).toBe('1')
      await opened.close()
      await place.remove()
    }
  })

  it('lists its stores in the error for an unknown store', async () => {
    const state = await openTaskState({ storage: new MemoryStorage(), stores: [rows, others] })
    expect(() => state.store('row')).toThrow('The task has no store "row". It has: rows, others.')
  })

  it('agrees with a plain map after random operations', async () => {
    for (const { make } of STORAGES) {
      const place = await make()
      const opened = await StateUnderTest.open(place, [rows, others], 3_000)
      let committed = new Map<string, string>()
      let current = new Map<string, string>()
      let random = 7
      const randomBelow = (below: number): number => (random = (random * 48_271) % 0x7fffffff) % below
      for (let step = 0; step < 3_000; step++) {
        const key = `key ${randomBelow(120)}`
        const kind = randomBelow(100)
        if (kind < 50) {
          storeOf(opened.state).put(key, `v${step}`)
          current.set(key, `v${step}`)
        } else if (kind < 65) {
          expect(storeOf(opened.state).delete(key)).toBe(current.get(key))
          current.delete(key)
        } else if (kind < 90) expect(storeOf(opened.state).get(key)).toBe(current.get(key))
        else if (kind < 94) {
          await opened.commit()
          committed = new Map(current)
        } else if (kind < 96) {
          if (randomBelow(2) === 0) opened.state.collectChanges(NO_CHANGELOG)
          opened.state.abort()
          current = new Map(committed)
        } else if (kind < 97) {
          await opened.reopen()
          current = new Map(committed)
        } else {
          const [from, to] = [`key ${randomBelow(120)}`, `key ${randomBelow(120)}`]
          const found = await collect(storeOf(opened.state).range(from, to, { reverse: kind === 97, limit: 1 + randomBelow(50) }))
          const expected = [...current].filter(([name]) => name >= from && name <= to).sort(([a], [b]) => (a < b ? -1 : 1))
          if (kind === 97) expected.reverse()
          expect(found.map(({ key: name, value }) => [name, value])).toEqual(expected.slice(0, found.length))
        }
      }
      await opened.close()
      await place.remove()
    }
  })
})

describe('A process killed during a commit', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bob-killed-'))
  })

  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('leaves the state of one of its commits, at least as recent as the last one it reported', async () => {
    let reported = 0
    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'testing/commit-for-ever.ts'), directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child.stdout.setEncoding('utf8').on('data', (lines: string) => {
        for (const line of lines.trim().split('\n')) reported = Math.max(reported, Number(line))
        if (reported > (kill + 1) * 200) child.kill('SIGKILL')
      })
      await once(child, 'exit')
      const storage = await openLevelStorage({ directory })
      const state = await openTaskState({ storage, stores: [rows] })
      const at = state.position('rows') ?? 0
      expect(at).toBeGreaterThanOrEqual(reported)
      const values = (await collect(storeOf(state).all())).map(({ value }) => value)
      expect(values).toEqual(values.map(() => `of commit ${at}`))
      expect(values).toHaveLength(20)
      await state.close()
    }
  }, 60_000)
})
