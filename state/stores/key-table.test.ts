import { describe, expect, it } from 'vitest'
import { KeyFilter } from './key-filter.ts'
import { hashOf } from './key-hash.ts'
import { KeyTable, type Keyed } from './key-table.ts'

const ROWS = 5_000
const row = (text: string, hash = hashOf(Buffer.from(text))): Keyed => ({ key: Buffer.from(text), hash })

describe('The key table', () => {
  it('finds what was added, however it grew, and nothing else', () => {
    const table = new KeyTable<Keyed>()
    const rows = Array.from({ length: ROWS }, (_, number) => row(`key-${number}`))
    for (const one of rows) table.add(one)
    expect(table.size).toBe(ROWS)
    for (const one of rows) expect(table.get(Buffer.from(one.key), one.hash)).toBe(one)
    for (const { key, hash } of [row('key-5000'), row('')]) expect(table.get(key, hash)).toBeUndefined()
  })

  it('tells keys of the same hash apart', () => {
    const table = new KeyTable<Keyed>()
    const rows = ['a', 'b', 'ab', ''].map((text) => row(text, -7))
    for (const one of rows) table.add(one)
    for (const one of rows) expect(table.get(Buffer.from(one.key), -7)).toBe(one)
    expect(table.get(Buffer.from('c'), -7)).toBeUndefined()
  })

  it('holds nothing once it was cleared, and tells a filter of what it holds', () => {
    const table = new KeyTable<Keyed>()
    const [before, after] = [row('before'), row('after')]
    table.add(before)
    table.clear()
    table.add(after)
    expect([table.get(before.key, before.hash), table.get(after.key, after.hash)]).toEqual([undefined, after])
    const filter = new KeyFilter()
    table.addTo(filter)
    expect([before, after].map(({ hash }) => filter.mayHold(hash))).toEqual([false, true])
  })
})

it('gives no key the hash of a free place', () => {
  for (let number = 0; number < 100_000; number++) if (hashOf(Buffer.from(`${number}`)) === 0) throw new Error(`${number}`)
  expect(hashOf(Buffer.alloc(0))).not.toBe(0)
})
