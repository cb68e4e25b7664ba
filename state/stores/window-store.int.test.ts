import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_CHANGELOG } from '../changelog.ts'
import { Serdes } from '../serdes.ts'
import type { WindowStore } from '../store.ts'
import { Stores } from '../stores.ts'
import { collect, cursorOver, StateUnderTest, STORAGES, type Place } from '../testing/index.ts'

const common = { key: Serdes.string, value: Serdes.string, windowSizeMs: 10, retentionMs: 100 }
const plain = Stores.window({ name: 'plain', ...common })
const many = Stores.window({ name: 'many', ...common, retainDuplicates: true })

describe.each(STORAGES)('A window store ($name)', ({ make }) => {
  let place: Place
  let opened: StateUnderTest
  const store = (name = 'plain'): WindowStore<string, string> => opened.state.store(name) as WindowStore<string, string>
  const shown = (rows: readonly { readonly start: number; readonly value: string }[]): string =>
    rows.map(({ start, value }) => `${start}${value}`).join(' ')
  const rowsOf = (key: string, from: number, to: number, name?: string): string => shown(store(name).fetchRange(key, from, to))

  beforeEach(async () => {
    place = await make()
    opened = await StateUnderTest.open(place, [plain, many])
  })

  afterEach(async () => {
    await opened.close()
    await place.remove()
  })

  it('finds a row by its start, and rows of a key between two starts, inclusive', async () => {
    for (const start of [30, 10, 20, 15]) store().put('a', 'v', start, start)
    store().put('b', 'w', 20, 20)
    await opened.commit()
    store().put('a', 'x', 12, 12)
    expect(store().fetch('a', 15)).toEqual({ value: 'v', timestamp: 15 })
    expect(store().fetch('a', 16)).toBeUndefined()
    expect(rowsOf('a', 10, 20)).toBe('10v 12x 15v 20v')
    expect(rowsOf('a', 11, 14)).toBe('12x')
    expect(rowsOf('a', 0, 1_000)).toBe('10v 12x 15v 20v 30v')
    expect(rowsOf('c', 0, 1_000)).toBe('')
  })

  it('replaces the row of a start, and removes it with null', () => {
    store().put('a', '1', 10, 1)
    store().put('a', '2', 10, 2)
    expect(rowsOf('a', 0, 99)).toBe('102')
    store().put('a', null, 10, 3)
    expect(rowsOf('a', 0, 99)).toBe('')
  })

  it('with duplicates keeps all rows, in the order of their puts', async () => {
    store('many').put('a', '1', 10, 1)
    store('many').put('a', '2', 10, 2)
    await opened.commit()
    store('many').put('a', '3', 10, 3)
    store('many').put('a', null, 10, 4)
    await opened.reopen()
    store('many').put('a', '4', 10, 4)
    expect(rowsOf('a', 0, 99, 'many')).toBe('101 102 104')
  })

  it('neither stores nor shows expired rows, whose start is at or before the largest start less the retention', async () => {
    store().put('a', 'v', 50, 50)
    store().put('a', 'v', 150, 150)
    expect(rowsOf('a', 0, 999)).toBe('150v')
    expect(store().fetch('a', 50)).toBeUndefined()
    store().put('a', 'late', 50, 50)
    store().put('a', 'in time', 51, 51)
    expect(rowsOf('a', 0, 999)).toBe('51in time 150v')
    store().put('b', 'v', 1_000, 1_000)
    await opened.commit()
    await opened.reopen()
    expect(store().lastStart).toBe(1_000)
    expect(rowsOf('a', 0, 999)).toBe('')
    expect(await collect(store().fetchAll(0, 2_000))).toHaveLength(1)
  })

  it('scans all keys by start, then key', async () => {
    for (const [key, start] of [
      ['b', 20],
      ['a', 30],
      ['c', 10],
    ] as const)
      store().put(key, 'v', start, start)
    await opened.commit()
    store().put('a', 'v', 20, 20)
    store().put('c', null, 10, 10)
    const all = async (from: number, to: number, options = {}): Promise<string> =>
      (await collect(store().fetchAll(from, to, options))).map(({ key, start }) => `${key}${start}`).join(' ')
    expect(await all(0, 99)).toBe('a20 b20 a30')
    expect(await all(0, 99, { reverse: true })).toBe('a30 b20 a20')
    expect(await all(0, 20, { limit: 1 })).toBe('a20')
  })

  it('accepts starts before 1970', () => {
    store().put('a', 'v', -25, 1)
    store().put('a', 'w', -5, 1)
    expect(rowsOf('a', -30, 0)).toBe('-25v -5w')
  })

  it('shows queries committed rows, and expires them by the last commit’s largest start', async () => {
    store().put('a', 'v', 50, 50)
    await opened.commit()
    store().put('a', 'w', 200, 200)
    const seen = opened.state.committed('plain').fetchRange?.(Buffer.from('a'), 0, 999)
    expect(seen?.map(({ start }) => start)).toEqual([50])
  })

  it('drops uncommitted writes on abort, and the largest start with them', async () => {
    store().put('a', 'v', 50, 50)
    await opened.commit()
    store().put('a', 'w', 500, 500)
    opened.state.abort()
    expect(store().lastStart).toBe(50)
    expect(rowsOf('a', 0, 999)).toBe('50v')
  })

  it('expires nothing for a transaction that is aborted', async () => {
    store().put('a', 'v', 50, 50)
    await opened.commit()
    store().put('a', 'w', 500, 500)
    opened.state.collectChanges(NO_CHANGELOG)
    opened.state.abort()
    store().put('b', 'v', 60, 60)
    await opened.commit()
    await opened.reopen()
    expect([rowsOf('a', 0, 999), rowsOf('b', 0, 999), store().lastStart]).toEqual(['50v', '60v', 60])
  })

  it('is restored from its changelog without a difference', async () => {
    for (let step = 0; step < 200; step++) {
      const start = step + ((step * 37) % 60) - 30
      store().put(`key ${step % 7}`, step % 9 === 0 ? null : `v${step}`, start, step)
      store('many').put(`key ${step % 3}`, `v${step}`, start, step)
      if (step % 13 === 0) await opened.commit()
    }
    await opened.commit()
    const elsewhere = await make()
    const copy = await StateUnderTest.open(elsewhere, [plain, many])
    for (const name of ['plain', 'many']) {
      const records = opened.changelog(name)
      await copy.state.restore(name, cursorOver(records.slice(0, 50)), 50)
      await copy.state.restore(name, cursorOver(records.slice(50)), records.length)
      const restored = copy.state.store(name) as WindowStore<string, string>
      expect(await collect(restored.fetchAll(-1_000, 1_000))).toEqual(await collect(store(name).fetchAll(-1_000, 1_000)))
      expect(restored.lastStart).toBe(store(name).lastStart)
    }
    await copy.close()
    await elsewhere.remove()
  })
})
