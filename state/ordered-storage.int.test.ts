import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OrderedStorage, StorageOperation, StorageRange } from './ordered-storage.ts'
import { STORAGES, write, type Place } from './testing/index.ts'

const bytes = (...numbers: number[]): Uint8Array => Uint8Array.from(numbers)
const text = (value: string): Buffer => Buffer.from(value, 'latin1')
const put = (key: string, value: string): StorageOperation => ({ key: text(key), value: text(value) })
const EVERYTHING: StorageRange = { gte: bytes(), lt: bytes(0xff, 0xff, 0xff) }

describe.each(STORAGES)('An ordered storage ($name)', ({ make }) => {
  let place: Place
  let storage: OrderedStorage

  beforeEach(async () => {
    place = await make()
    storage = await place.open()
  })

  afterEach(async () => {
    await storage.close()
    await place.remove()
  })

  async function rows(range: StorageRange = EVERYTHING): Promise<string[]> {
    const found: string[] = []
    for await (const { key, value } of storage.scan(range))
      found.push(`${Buffer.from(key).toString('latin1')}=${Buffer.from(value).toString('latin1')}`)
    return found
  }

  it('returns the values that were written, and undefined for other keys', async () => {
    await write(storage, [put('a', '1'), put('b', '')])
    expect(Buffer.from(storage.get(text('a')) ?? [])).toEqual(text('1'))
    expect(storage.get(text('b'))).toHaveLength(0)
    expect(storage.get(text('c'))).toBeUndefined()
  })

  it('replaces and deletes rows; the last operation on a key in a batch wins', async () => {
    await write(storage, [put('a', '1'), put('b', '1')])
    await write(storage, [put('a', '2'), { key: text('b'), value: null }, put('c', '1'), { key: text('c'), value: null }, put('a', '3')])
    expect(await rows()).toEqual(['a=3'])
  })

  it('accepts a batch that begins with a deletion, has only a deletion, or is empty', async () => {
    await write(storage, [put('a', '1'), put('b', '1')])
    await write(storage, [{ key: text('a'), value: null }])
    expect(await rows()).toEqual(['b=1'])
    await write(storage, [{ key: text('b'), value: null }, put('c', '1'), { key: text('d'), value: null }])
    await write(storage, [])
    expect(await rows()).toEqual(['c=1'])
  })

  it('does not change when a batch is discarded', async () => {
    await write(storage, [put('a', '1')])
    const batch = storage.batch()
    batch.put(text('b'), text('2'))
    batch.delete(text('a'))
    batch.discard()
    expect(await rows()).toEqual(['a=1'])
  })

  it('accepts any bytes as key and value, and long ones', async () => {
    const keys = [bytes(0), bytes(0, 0), bytes(0, 0xff), bytes(0x7f), bytes(0x80), bytes(0xc3, 0x28), Buffer.alloc(70_000, 1)]
    await write(
      storage,
      keys.map((key) => ({ key, value: key })),
    )
    for (const key of keys) expect(Buffer.compare(storage.get(key) ?? bytes(), key)).toBe(0)
  })

  it('orders keys by unsigned bytes, a prefix before a longer key', async () => {
    await write(storage, [put('\x80', ''), put('b', ''), put('a\0', ''), put('a', ''), put('\x7f', ''), put('B', '')])
    expect(await rows()).toEqual(['B=', 'a=', 'a\0=', 'b=', '\x7f=', '\x80='])
    expect(await rows({ ...EVERYTHING, reverse: true })).toEqual(['\x80=', '\x7f=', 'b=', 'a\0=', 'a=', 'B='])
  })

  it('scans from an inclusive to an exclusive bound', async () => {
    await write(
      storage,
      ['a', 'b', 'c', 'd'].map((key) => put(key, '')),
    )
    expect(await rows({ gte: text('b'), lt: text('d') })).toEqual(['b=', 'c='])
    expect(await rows({ gte: text('b'), lt: text('d'), reverse: true })).toEqual(['c=', 'b='])
    expect(await rows({ gte: text('x'), lt: text('z') })).toEqual([])
    expect(await rows({ gte: text('c'), lt: text('c') })).toEqual([])
  })

  it('concatenates keys and values from two parts, and copies them at once', async () => {
    const batch = storage.batch()
    const [prefix, key, head, value] = [text('p'), text('k1'), text('h'), text('v1')]
    batch.put(key, value, prefix, head)
    prefix.write('P')
    key.write('k2')
    head.write('H')
    value.write('v2')
    batch.put(key, value, prefix, head)
    batch.put(key, value)
    batch.delete(text('1'), text('Pk'))
    await batch.write()
    expect(await rows(EVERYTHING)).toEqual(['Pk2=Hv2', 'k2=v2', 'pk1=hv1'])
  })

  it.each([0, 1, 31, 32, 33, 4_080, 4_096, 4_100, 100_000])('stores keys and values of %i bytes', async (length) => {
    const batch = storage.batch()
    const [long, short] = [Buffer.alloc(length, 'x'), text('s')]
    batch.put(long, short, text('a'))
    batch.put(short, long, text('b'), text('h'))
    batch.put(text('c'), long)
    await batch.write()
    expect(storage.get(Buffer.concat([text('a'), long]))).toEqual(short)
    expect(storage.get(text('bs'))).toEqual(Buffer.concat([text('h'), long]))
    expect(storage.get(text('c'))).toEqual(long)
  })

  it('scans a snapshot taken at the first step', async () => {
    const many = Array.from({ length: 3000 }, (_, at) => put(String(at).padStart(5, '0'), 'old'))
    await write(storage, many)
    const seen: string[] = []
    let isFirst = true
    for await (const { value } of storage.scan(EVERYTHING)) {
      if (isFirst) await write(storage, [...many.map(({ key }) => ({ key, value: text('new') })), put('99999', 'new')])
      isFirst = false
      seen.push(Buffer.from(value).toString())
    }
    expect(seen).toEqual(many.map(() => 'old'))
  })

  it('allows a scan to stop early', async () => {
    await write(
      storage,
      ['a', 'b', 'c'].map((key) => put(key, '')),
    )
    for (let scan = 0; scan < 50; scan++) for await (const row of storage.scan(EVERYTHING)) if (row.key.length > 0) break
    expect(await rows()).toHaveLength(3)
  })

  it('clears a range and nothing else', async () => {
    await write(
      storage,
      ['a', 'b', 'c', 'd'].map((key) => put(key, '')),
    )
    await storage.clear({ gte: text('b'), lt: text('d') })
    expect(await rows()).toEqual(['a=', 'd='])
    expect(storage.get(text('b'))).toBeUndefined()
  })

  it('keeps its rows when it is closed and opened again', async () => {
    await write(storage, [put('a', '1')], { sync: true })
    await storage.close()
    storage = await place.open()
    expect(await rows()).toEqual(['a=1'])
  })
})
