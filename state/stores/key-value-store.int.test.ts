import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Serdes } from '../serdes.ts'
import type { KeyValueStore } from '../store.ts'
import { Stores } from '../stores.ts'
import { collect, cursorOver, StateUnderTest, STORAGES, type Place } from '../testing/index.ts'

const spec = Stores.keyValue({ name: 'kv', key: Serdes.string, value: Serdes.string, timestamped: true })

describe.each(STORAGES)('A key-value store ($name)', ({ make }) => {
  let place: Place
  let opened: StateUnderTest
  const store = (): KeyValueStore<string, string> => opened.state.store('kv') as KeyValueStore<string, string>
  const committed = (key: string): string | undefined => {
    const row = opened.state.committed('kv').get?.(Buffer.from(key))
    return row === undefined ? undefined : Buffer.from(row.value).toString()
  }
  const keys = async (rows: AsyncIterable<{ readonly key: string }>): Promise<string> =>
    (await collect(rows)).map(({ key }) => key).join('')

  beforeEach(async () => {
    place = await make()
    opened = await StateUnderTest.open(place, [spec])
  })

  afterEach(async () => {
    await opened.close()
    await place.remove()
  })

  it('reads the writes of the open transaction', () => {
    expect(store().get('a')).toBeUndefined()
    store().put('a', '1', 5)
    store().put('a', '2', 4)
    expect(store().getWithTimestamp('a')).toEqual({ value: '2', timestamp: 4 })
    store().put('a', null)
    expect(store().get('a')).toBeUndefined()
  })

  it('returns the deleted value from a deletion', () => {
    store().put('a', '1')
    expect(store().delete('a')).toBe('1')
    expect(store().delete('a')).toBeUndefined()
  })

  it('shows queries committed rows only', async () => {
    store().put('a', '1')
    expect(committed('a')).toBeUndefined()
    await opened.commit()
    expect(committed('a')).toBe('1')
    store().put('a', '2')
    store().put('b', '2')
    expect([committed('a'), committed('b')]).toEqual(['1', undefined])
    const rows = await opened.state.committed('kv').scan?.(undefined, undefined)
    expect(rows?.map(({ value }) => Buffer.from(value).toString())).toEqual(['1'])
  })

  it('drops uncommitted writes on abort', async () => {
    store().put('a', '1', 1)
    store().put('b', '1', 1)
    await opened.commit()
    store().put('a', '2', 2)
    store().delete('b')
    store().put('c', '2', 2)
    opened.state.abort()
    expect(store().getWithTimestamp('a')).toEqual({ value: '1', timestamp: 1 })
    expect(await keys(store().all())).toBe('ab')
    expect(opened.state.dirtyRows).toBe(0)
  })

  it('keeps committed rows, and only those, across a restart', async () => {
    store().put('a', '1', 7)
    await opened.commit()
    store().put('a', '2', 8)
    store().put('b', '2', 8)
    await opened.reopen()
    expect(store().getWithTimestamp('a')).toEqual({ value: '1', timestamp: 7 })
    expect(await keys(store().all())).toBe('a')
    expect(opened.state.position('kv')).toBe(1)
  })

  it('merges rows in memory with rows in the storage, in ranges of both directions', async () => {
    for (const key of ['b', 'd', 'f']) store().put(key, 'old')
    await opened.commit()
    for (const key of ['a', 'c', 'd', 'g']) store().put(key, 'new')
    store().delete('f')
    expect((await collect(store().all())).map(({ key, value }) => `${key}:${value}`)).toEqual(['a:new', 'b:old', 'c:new', 'd:new', 'g:new'])
    expect(await keys(store().all({ reverse: true }))).toBe('gdcba')
    expect(await keys(store().range('b', 'd'))).toBe('bcd')
    expect(await keys(store().range('b', 'd', { reverse: true }))).toBe('dcb')
    expect(await keys(store().range(undefined, 'b'))).toBe('ab')
    expect(await keys(store().range('d', undefined))).toBe('dg')
    expect(await keys(store().range('x', 'y'))).toBe('')
    expect(await keys(store().range('d', 'b'))).toBe('')
    for (let limit = 0; limit <= 6; limit++) expect(await keys(store().all({ limit }))).toBe('abcdg'.slice(0, limit))
  })

  it('finds keys by prefix', async () => {
    for (const key of ['a', 'ab', 'ab\0', 'abc', 'ac', 'b']) store().put(key, 'v')
    await opened.commit()
    store().put('abb', 'v')
    expect((await collect(store().prefixScan(Buffer.from('ab')))).map(({ key }) => key)).toEqual(['ab', 'ab\0', 'abb', 'abc'])
    expect(await collect(store().prefixScan(Buffer.from('x')))).toEqual([])
    expect(await collect(store().prefixScan(Buffer.alloc(0)))).toHaveLength(7)
  })

  it('allows a scan to stop in the middle of a range', async () => {
    for (const key of ['a', 'b', 'c']) store().put(key, 'v')
    await opened.commit()
    for await (const { key } of store().all()) if (key === 'b') break
    store().put('b', 'w')
    await opened.commit()
    expect(store().get('b')).toBe('w')
  })

  it('accepts empty, long and unusual keys', async () => {
    const unusual = ['', '\0', 'é', '\u{1f600}', 'k'.repeat(50_000)]
    for (const key of unusual) store().put(key, `of ${key.length}`)
    await opened.commit()
    await opened.reopen()
    for (const key of unusual) expect(store().get(key)).toBe(`of ${key.length}`)
    expect(await collect(store().all())).toHaveLength(unusual.length)
  })

  it('writes one changelog record per row, however often the row was written', async () => {
    store().put('a', '1', 1)
    store().put('a', '2', 2)
    store().put('b', '1', 3)
    store().delete('b')
    await opened.commit()
    const records = opened
      .changelog('kv')
      .map(({ key, value, timestamp }) => [String(key), value === null ? null : String(value), timestamp])
    expect(records).toEqual([
      ['a', '2', 2],
      ['b', null, 0],
    ])
  })

  it('is restored from its changelog without a difference', async () => {
    for (let step = 0; step < 300; step++) {
      const key = `key ${(step * 7) % 40}`
      if (step % 5 === 0) store().delete(key)
      else store().put(key, `value ${step}`, step)
      if (step % 11 === 0) await opened.commit()
    }
    await opened.commit()
    const original = await collect(store().all())
    const elsewhere = await make()
    const copy = await StateUnderTest.open(elsewhere, [spec])
    const records = opened.changelog('kv')
    await copy.state.restore('kv', cursorOver(records.slice(0, 100)), 100)
    await copy.state.restore('kv', cursorOver(records.slice(100)), records.length)
    expect(await collect((copy.state.store('kv') as KeyValueStore<string, string>).all())).toEqual(original)
    expect(copy.state.position('kv')).toBe(records.length)
    await copy.close()
    await elsewhere.remove()
  })

  it('shows restored rows only once the restore is written', async () => {
    store().put('a', 'old')
    await opened.commit()
    expect(store().get('a')).toBe('old')
    const restored = opened.state.restore('kv', cursorOver([{ key: Buffer.from('a'), value: Buffer.from('new'), timestamp: 1 }]), 2)
    expect(committed('a')).toBe('old')
    await restored
    expect([committed('a'), store().get('a')]).toEqual(['new', 'new'])
  })
})
