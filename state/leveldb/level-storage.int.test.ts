import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateCorruptedError, StateError, StateFormatError, StateLockedError } from '../errors.ts'
import { openTaskState } from '../open-task-state.ts'
import type { OrderedStorage } from '../ordered-storage.ts'
import { Serdes } from '../serdes.ts'
import type { KeyValueStore } from '../store.ts'
import { Stores } from '../stores.ts'
import type { TaskState } from '../task-state.ts'
import { write } from '../testing/index.ts'
import { openLevelStorage } from './level-storage.ts'

const ROWS = 200
const COMMITS = 40
const spec = Stores.keyValue({ name: 'rows', key: Serdes.string, value: Serdes.string })

let parent: string
let directory: string

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'bob-level-'))
  directory = join(parent, 'db')
})

afterEach(() => rmSync(parent, { recursive: true, force: true }))

const valueOf = (key: number, commit: number): string => `value ${key} of ${commit} ${'x'.repeat(60)}`

async function openState(): Promise<TaskState> {
  const storage = await openLevelStorage({ directory })
  try {
    return await openTaskState({ storage, stores: [spec], cacheBytes: 0 })
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** As `fill`, but in tables, because LevelDB converts its log to tables when it opens. (Those of a full write buffer may stay unfinished.) */
async function fillTables(): Promise<void> {
  await fill()
  await (await openState()).close()
}

function storeOf(state: TaskState): KeyValueStore<string, string> {
  return state.store('rows') as KeyValueStore<string, string>
}

/** Many commits, each of every tenth row, all in LevelDB's log. */
async function fill(): Promise<void> {
  const state = await openState()
  for (let commit = 1; commit <= COMMITS; commit++) {
    for (let key = commit % 10; key < ROWS; key += 10) storeOf(state).put(`key ${key}`, valueOf(key, commit))
    await state.commit(new Map([['rows', commit]]))
  }
  await state.close()
}

/** Opens the state and reads all rows. Returns the error, or the commit the state is at; throws if the rows do not match that commit. */
async function readState(): Promise<StateError | number> {
  let state: TaskState | undefined
  try {
    state = await openState()
    const at = state.position('rows') ?? 0
    for (let key = 0; key < ROWS; key++) {
      const lastCommit = Array.from({ length: at }, (_, back) => at - back).find((commit) => commit % 10 === key % 10)
      const expected = lastCommit === undefined ? undefined : valueOf(key, lastCommit)
      if (storeOf(state).get(`key ${key}`) !== expected) throw new Error(`key ${key} does not have the value of commit ${at}`)
    }
    return at
  } catch (error) {
    if (error instanceof StateError) return error
    throw error
  } finally {
    await state?.close()
  }
}

const files = (extension: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(extension))
    .map((name) => join(directory, name))

/** Contents of the directory, by file name. */
function copyFiles(): ReadonlyMap<string, Buffer> {
  return new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]))
}

function putBack(copies: ReadonlyMap<string, Buffer>): void {
  rmSync(directory, { recursive: true })
  mkdirSync(directory)
  for (const [name, bytes] of copies) writeFileSync(join(directory, name), bytes)
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 0xff
  writeFileSync(file, bytes)
}

describe('A LevelDB directory', () => {
  it('can be opened by one process at a time, and the error names the directory', async () => {
    const first = await openLevelStorage({ directory })
    const second = openLevelStorage({ directory })
    await expect(second).rejects.toBeInstanceOf(StateLockedError)
    await expect(second).rejects.toThrow(`Another process is using ${directory}: stop it, or choose another data directory.`)
    await first.close()
    await (await openLevelStorage({ directory })).close()
  })

  it('with another format is refused and not changed', async () => {
    await fill()
    writeFileSync(join(directory, 'FORMAT'), 'bob-storage 1\n')
    const before = readdirSync(directory)
    const opened = openLevelStorage({ directory })
    await expect(opened).rejects.toBeInstanceOf(StateFormatError)
    await expect(opened).rejects.toThrow(
      /has the format "bob-storage 1", but this version reads "bob-storage 2"\. Use the version that wrote it/,
    )
    expect(readdirSync(directory)).toEqual(before)
  })

  it('without its CURRENT counts as damaged, not as empty', async () => {
    await fill()
    unlinkSync(join(directory, 'CURRENT'))
    expect(await readState()).toBeInstanceOf(StateCorruptedError)
  })

  it('without one of its tables counts as damaged', async () => {
    await fillTables()
    const [table] = files('.ldb')
    unlinkSync(table ?? '')
    expect(await readState()).toBeInstanceOf(StateCorruptedError)
  })

  it('with a truncated table counts as damaged, at any length', async () => {
    await fillTables()
    const tables = files('.ldb')
    const copies = copyFiles()
    for (const table of tables)
      for (const share of [0, 0.5, 1]) {
        putBack(copies)
        truncateSync(table, Math.floor((readFileSync(table).length - 1) * share))
        expect(await readState()).toBeInstanceOf(StateCorruptedError)
      }
  })

  it('with a table whose writing the end of the process interrupted counts as sound', async () => {
    await fillTables()
    const [table = ''] = files('.ldb')
    const unfinished = readFileSync(table).subarray(0, -1)
    for (const length of [0, 20, unfinished.length]) {
      writeFileSync(join(directory, '999999.ldb'), unfinished.subarray(0, length))
      expect(await readState()).toBe(COMMITS)
    }
  })

  it('with a truncated log is at an earlier commit, at any length', async () => {
    await fill()
    const [log = ''] = files('.log')
    const copies = copyFiles()
    const seen = new Set<number>()
    for (let length = readFileSync(log).length - 1; length > 0; length -= 977) {
      putBack(copies)
      truncateSync(log, length)
      const at = await readState()
      expect(at).toBeTypeOf('number')
      if (typeof at === 'number') seen.add(at)
    }
    expect(seen.size).toBeGreaterThan(COMMITS / 2)
  })
})

describe('A LevelDB directory that is the only copy', () => {
  const fill = async (end: 'close' | 'crash'): Promise<void> => {
    const storage = await openLevelStorage({ directory, isOnlyCopy: true })
    for (let row = 0; row < ROWS; row++) await write(storage, [{ key: Buffer.from(`key ${row}`), value: Buffer.from(valueOf(row, 1)) }])
    const crashed = copyFiles()
    await storage.close()
    if (end === 'crash') putBack(crashed)
  }
  const read = async (): Promise<number> => {
    const storage = await openLevelStorage({ directory, isOnlyCopy: true })
    let rows = 0
    for await (const _ of storage.scan({ gte: Buffer.alloc(0), lt: Buffer.from([0xff]) })) rows++
    await storage.close()
    return rows
  }

  it('keeps its rows over several closes', async () => {
    await fill('close')
    for (const _ of [1, 2, 3]) expect(await read()).toBe(ROWS)
  })

  it('may lose the tail of its log in a crash, even if the close before was orderly', async () => {
    for (const end of ['crash', 'close', 'crash'] as const) await fill(end)
    const [log = ''] = files('.log')
    truncateSync(log, readFileSync(log).length - 20)
    expect(await read()).toBe(ROWS)
  })

  it.each([
    ['emptied', (file: string) => truncateSync(file, 0)],
    ['cut short', (file: string) => truncateSync(file, readFileSync(file).length - 20)],
    ['deleted', (file: string) => unlinkSync(file)],
    ['flipped in its last byte', (file: string) => flip(file, readFileSync(file).length - 1)],
  ])('counts as damaged if a log or manifest was %s after an orderly close', async (_, damage) => {
    await fill('close')
    const copies = copyFiles()
    for (const file of [
      ...files('.log'),
      ...readdirSync(directory)
        .filter((name) => name.startsWith('MANIFEST-'))
        .map((name) => join(directory, name)),
    ]) {
      putBack(copies)
      damage(file)
      await expect(read()).rejects.toBeInstanceOf(StateCorruptedError)
    }
  })
})

describe('A flipped byte', () => {
  it('anywhere in the log is detected, or the state is that of an earlier commit', async () => {
    await fill()
    const [log = ''] = files('.log')
    const { length } = readFileSync(log)
    const copies = copyFiles()
    let detected = 0
    for (let at = 3; at < length; at += 701) {
      putBack(copies)
      flip(log, at)
      if ((await readState()) instanceof StateCorruptedError) detected++
    }
    expect(detected).toBeGreaterThan(10)
  })

  it('anywhere in a table is detected, or harmless', async () => {
    const KEYS = 500
    const first = await openState()
    for (let key = 0; key < KEYS; key++) storeOf(first).put(`key ${key}`, valueOf(key, 1))
    await first.commit(new Map([['rows', 1]]))
    await first.close()
    await (await openState()).close() // converts the log to a table
    const [table = ''] = files('.ldb')
    const { length } = readFileSync(table)
    const copies = copyFiles()
    let harmless = 0
    let tried = 0
    for (let at = 1; at < length; at += 149) {
      putBack(copies)
      flip(table, at)
      tried++
      const values = await valuesOf(KEYS)
      if (values instanceof StateCorruptedError) continue
      harmless++ // a byte that the format does not use
      expect(values).toEqual(Array.from({ length: KEYS }, (_, key) => valueOf(key, 1)))
    }
    expect(tried).toBeGreaterThan(100)
    expect(harmless).toBeLessThan(3)
  })
})

async function valuesOf(keys: number): Promise<StateError | readonly (string | undefined)[]> {
  let state: TaskState | undefined
  try {
    const opened = (state = await openState())
    return Array.from({ length: keys }, (_, key) => storeOf(opened).get(`key ${key}`))
  } catch (error) {
    if (error instanceof StateError) return error
    throw error
  } finally {
    await state?.close()
  }
}

describe('21.7 The bulk of a LevelDB directory', () => {
  const ranges = [{ gte: Buffer.from('b'), lt: Buffer.from('c') }]
  const open = (onDamage: (error: StateCorruptedError) => void = () => {}): Promise<OrderedStorage> =>
    openLevelStorage({ directory, bulk: { ranges, pause: async () => {}, onDamage, onTable: () => {} } })
  const rowsOf = async (storage: OrderedStorage, prefix: string): Promise<number> => {
    let rows = 0
    for await (const _ of storage.scan({ gte: Buffer.from(prefix), lt: Buffer.from(`${prefix}~`) })) rows++
    return rows
  }
  const fillBulk = async (): Promise<string> => {
    const storage = await open()
    for (const prefix of ['a', 'b', 'c'])
      for (let row = 0; row < ROWS; row++)
        await write(storage, [{ key: Buffer.from(`${prefix}${row}`), value: Buffer.from(valueOf(row, 1)) }])
    await storage.close()
    await (await open()).close() // converts the log to a table
    return files('.ldb')[0] ?? ''
  }

  it('does not hide a flipped byte: it is refused at opening outside the bulk, and reported soon after within it', async () => {
    const table = await fillBulk()
    const copies = copyFiles()
    const { length } = readFileSync(table)
    const found = { refused: 0, reported: 0 }
    for (let at = 1; at < length; at += 499) {
      putBack(copies)
      flip(table, at)
      let report: (error: StateCorruptedError) => void = () => {}
      const reported = new Promise<StateCorruptedError>((resolve) => (report = resolve))
      const storage = await open(report).catch((error: unknown) => error)
      if (storage instanceof StateCorruptedError) {
        found.refused++
        continue
      }
      expect(await reported).toBeInstanceOf(StateCorruptedError)
      found.reported++
      expect(await rowsOf(storage as OrderedStorage, 'a')).toBe(ROWS)
      expect(await rowsOf(storage as OrderedStorage, 'c')).toBe(ROWS)
      await (storage as OrderedStorage).close()
    }
    expect(found.refused).toBeGreaterThan(20)
    expect(found.reported).toBeGreaterThan(20)
  })

  it('is refused at opening if a table is cut short or deleted', async () => {
    const table = await fillBulk()
    const copies = copyFiles()
    for (const damage of [
      () => truncateSync(table, readFileSync(table).length - 1),
      () => truncateSync(table, 0),
      () => unlinkSync(table),
    ]) {
      putBack(copies)
      damage()
      await expect(open()).rejects.toBeInstanceOf(StateCorruptedError)
    }
  })
})
