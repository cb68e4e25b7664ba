import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateCorruptedError, StateWriteError } from './errors.ts'
import { openLevelStorage } from './leveldb/level-storage.ts'
import { GatheredBatch } from './memory/gathered-batch.ts'
import { MemoryStorage } from './memory/memory-storage.ts'
import { openTaskState } from './open-task-state.ts'
import type { StorageOperation } from './ordered-storage.ts'
import { Serdes } from './serdes.ts'
import type { KeyValueStore } from './store.ts'
import { Stores } from './stores.ts'
import { NO_CHANGELOG, type TaskState } from './task-state.ts'
import { cursorOver } from './testing/cursor-over.ts'
import { gathered, StateUnderTest } from './testing/state-under-test.ts'
import { STORAGES } from './testing/storages.ts'

const common = { key: Serdes.string, value: Serdes.string }
const rows = Stores.keyValue({ name: 'rows', ...common })
const others = Stores.keyValue({ name: 'others', ...common })
const passing = Stores.keyValue({ name: 'passing', ...common, persistent: false })

const storeOf = (state: TaskState, name = 'rows'): KeyValueStore<string, string> => state.store(name) as KeyValueStore<string, string>

/** A storage that tells of each batch. */
class ToldStorage extends MemoryStorage {
  readonly batches: (readonly StorageOperation[])[] = []

  override batch(): GatheredBatch {
    return new GatheredBatch(async (operations) => {
      this.batches.push(operations)
      this.apply(operations)
    })
  }
}

/** A storage whose writes wait, and fail when they are told to. */
class HeldStorage extends MemoryStorage {
  readonly #waiting: { readonly go: () => void; readonly fail: () => void }[] = []

  override batch(): GatheredBatch {
    return new GatheredBatch(
      (operations) =>
        new Promise<void>((resolve, reject) => {
          const go = (): void => {
            this.apply(operations)
            resolve()
          }
          this.#waiting.push({ go, fail: () => reject(new StateWriteError('disk full')) })
        }),
    )
  }

  go(): void {
    this.#waiting.shift()?.go()
  }

  fail(): void {
    this.#waiting.shift()?.fail()
  }
}

describe('The state of a task', () => {
  it('writes rows of all stores and their positions in one batch', async () => {
    const storage = new ToldStorage()
    const state = await openTaskState({ storage, stores: [rows, others] })
    await state.commit(new Map()) // brings the markers
    storeOf(state).put('a', '1')
    storeOf(state, 'others').put('b', '2')
    await state.commit(
      new Map([
        ['rows', 5],
        ['others', 6],
      ]),
      'note',
    )
    expect(storage.batches.slice(1).map(({ length }) => length)).toEqual([5]) // two rows, positions, a marker for another
    const again = await openTaskState({ storage, stores: [others, rows] })
    expect([again.position('rows'), again.position('others'), again.note]).toEqual([5, 6, 'note'])
    expect([storeOf(again).get('a'), storeOf(again, 'others').get('b')]).toEqual(['1', '2'])
  })

  it('reads right while a commit is on its way, and refuses another', async () => {
    const storage = new HeldStorage()
    const state = await openTaskState({ storage, stores: [rows] })
    storeOf(state).put('a', '1')
    const landed = state.commit(new Map([['rows', 1]]))
    expect(storeOf(state).get('a')).toBe('1')
    expect((await gathered(storeOf(state).all())).map(({ value }) => value)).toEqual(['1'])
    storeOf(state).put('a', '2')
    await expect(state.commit(new Map([['rows', 2]]))).rejects.toThrow('A write to the stores is under way: wait for it.')
    await expect(state.restore('rows', cursorOver([]), 2)).rejects.toThrow('under way')
    expect(state.position('rows')).toBeUndefined()
    storage.go()
    await landed
    expect(state.position('rows')).toBe(1)
    expect(storeOf(state).get('a')).toBe('2')
    expect(state.dirtyRows).toBe(1)
  })

  it('stands where it stood when a write fails, and takes no other until it is opened again', async () => {
    const storage = new HeldStorage()
    const state = await openTaskState({ storage, stores: [rows] })
    storeOf(state).put('a', '1')
    const first = state.commit(new Map([['rows', 1]]))
    storage.go()
    await first
    storeOf(state).put('a', '2')
    const second = state.commit(new Map([['rows', 2]]))
    storage.fail()
    await expect(second).rejects.toThrow('disk full')
    expect(state.position('rows')).toBe(1)
    await expect(state.commit(new Map([['rows', 2]]))).rejects.toThrow('A write to the stores failed: open them again.')
    const again = await openTaskState({ storage, stores: [rows] })
    expect([again.position('rows'), storeOf(again).get('a')]).toEqual([1, '1'])
  })

  it('writes nothing of what was collected for a transaction that failed, to no store', async () => {
    for (const { make } of STORAGES) {
      const place = await make()
      const opened = await StateUnderTest.open(place, [rows, passing])
      for (const name of ['rows', 'passing']) storeOf(opened.state, name).put('a', 'lost')
      opened.state.collectChanges(NO_CHANGELOG)
      opened.state.abort()
      for (const name of ['rows', 'passing']) storeOf(opened.state, name).put('b', 'kept')
      await opened.commit()
      for (const name of ['rows', 'passing']) {
        expect((await gathered(storeOf(opened.state, name).all())).map(({ key }) => key)).toEqual(['b'])
        expect(opened.changelog(name).map(({ key }) => String(key))).toEqual(['b'])
      }
      await opened.reopen()
      expect((await gathered(storeOf(opened.state).all())).map(({ key }) => key)).toEqual(['b'])
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
  ])('notices that the storage has lost commit %i of %i', async (lost, commits) => {
    const storage = new ToldStorage()
    const state = await openTaskState({ storage, stores: [rows] })
    for (let commit = 1; commit <= commits; commit++) {
      storeOf(state).put(`key ${commit}`, 'v')
      await state.commit(new Map([['rows', commit]]))
    }
    const whole = new MemoryStorage()
    const forgetful = new MemoryStorage()
    for (const [at, operations] of storage.batches.entries()) {
      whole.apply(operations)
      if (at !== lost - 1) forgetful.apply(operations)
    }
    await expect(openTaskState({ storage: forgetful, stores: [rows] })).rejects.toBeInstanceOf(StateCorruptedError)
    expect((await openTaskState({ storage: whole, stores: [rows] })).position('rows')).toBe(commits)
  })

  it('notices that the storage has lost its first commit', async () => {
    const storage = new ToldStorage()
    const state = await openTaskState({ storage, stores: [rows] })
    const forgetful = new MemoryStorage()
    for (let commit = 1; commit <= 2; commit++) await state.commit(new Map([['rows', commit]]))
    for (const operations of storage.batches.slice(1)) forgetful.apply(operations)
    await expect(openTaskState({ storage: forgetful, stores: [rows] })).rejects.toBeInstanceOf(StateCorruptedError)
  })

  it('keeps a store that is not persistent in memory alone: after a restart it has nothing and stands nowhere', async () => {
    for (const { make } of STORAGES) {
      const place = await make()
      const opened = await StateUnderTest.open(place, [rows, passing])
      storeOf(opened.state).put('a', '1')
      storeOf(opened.state, 'passing').put('a', '1')
      await opened.commit()
      expect([opened.state.position('passing'), storeOf(opened.state, 'passing').get('a')]).toEqual([1, '1'])
      await opened.reopen()
      expect([opened.state.position('rows'), opened.state.position('passing')]).toEqual([1, undefined])
      expect(await gathered(storeOf(opened.state, 'passing').all())).toEqual([])
      await opened.state.restore('passing', cursorOver(opened.changelog('passing')), 1)
      expect(storeOf(opened.state, 'passing').get('a')).toBe('1')
      await opened.close()
      await place.remove()
    }
  })

  it('says which stores there are when another is asked for', async () => {
    const state = await openTaskState({ storage: new MemoryStorage(), stores: [rows, others] })
    expect(() => state.store('row')).toThrow('No store "row" in this task: it has rows, others')
  })

  it('agrees with a plain map, whatever is done to it', async () => {
    for (const { make } of STORAGES) {
      const place = await make()
      const opened = await StateUnderTest.open(place, [rows, others], 3_000)
      let committed = new Map<string, string>()
      let present = new Map<string, string>()
      let random = 7
      const draw = (below: number): number => (random = (random * 48_271) % 0x7fffffff) % below
      for (let step = 0; step < 3_000; step++) {
        const key = `key ${draw(120)}`
        const kind = draw(100)
        if (kind < 50) {
          storeOf(opened.state).put(key, `v${step}`)
          present.set(key, `v${step}`)
        } else if (kind < 65) {
          expect(storeOf(opened.state).delete(key)).toBe(present.get(key))
          present.delete(key)
        } else if (kind < 90) expect(storeOf(opened.state).get(key)).toBe(present.get(key))
        else if (kind < 94) {
          await opened.commit()
          committed = new Map(present)
        } else if (kind < 96) {
          if (draw(2) === 0) opened.state.collectChanges(NO_CHANGELOG)
          opened.state.abort()
          present = new Map(committed)
        } else if (kind < 97) {
          await opened.reopen()
          present = new Map(committed)
        } else {
          const [from, to] = [`key ${draw(120)}`, `key ${draw(120)}`]
          const found = await gathered(storeOf(opened.state).range(from, to, { reverse: kind === 97, limit: 1 + draw(50) }))
          const expected = [...present].filter(([name]) => name >= from && name <= to).sort(([a], [b]) => (a < b ? -1 : 1))
          if (kind === 97) expected.reverse()
          expect(found.map(({ key: name, value }) => [name, value])).toEqual(expected.slice(0, found.length))
        }
      }
      await opened.close()
      await place.remove()
    }
  })
})

describe('A process that is killed while it commits', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bob-killed-'))
  })

  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('leaves a state that one of its commits made, and no earlier one than it had told of', async () => {
    let told = 0
    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'testing/commit-for-ever.ts'), directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child.stdout.setEncoding('utf8').on('data', (lines: string) => {
        for (const line of lines.trim().split('\n')) told = Math.max(told, Number(line))
        if (told > (kill + 1) * 200) child.kill('SIGKILL')
      })
      await once(child, 'exit')
      const storage = await openLevelStorage({ directory })
      const state = await openTaskState({ storage, stores: [rows] })
      const at = state.position('rows') ?? 0
      expect(at).toBeGreaterThanOrEqual(told)
      const values = (await gathered(storeOf(state).all())).map(({ value }) => value)
      expect(values).toEqual(values.map(() => `of commit ${at}`))
      expect(values).toHaveLength(20)
      await state.close()
    }
  }, 60_000)
})
