import { describe, expect, it } from 'vitest'
import { keyText } from '../bytes.ts'
import { KeyFilter } from './key-filter.ts'
import { hashOf } from './key-hash.ts'
import { ObjectValues } from './object-values.ts'
import { NO_ROW, RowTable } from './row-table.ts'

const ROWS = 5_000
const SIZE = 100
const keyOf = (name: string | number): Buffer => Buffer.from(`key-${name}`)

function emptyTable(rows?: number): RowTable<string> {
  return new RowTable(new ObjectValues(() => SIZE), rows)
}

function add(table: RowTable<string>, name: string | number): number {
  return table.add(keyOf(name), hashOf(keyOf(name)), `value ${name}`)
}

function find(table: RowTable<string>, name: string | number): number {
  return table.find(keyOf(name), hashOf(keyOf(name)))
}

function lent(table: RowTable<string>, names: readonly (string | number)[]): string[] {
  const rows = names.map((name) => add(table, name))
  const seen: string[] = []
  table.lendSorted(rows, (key, current) => seen.push(`${String(Buffer.from(key))}: ${current}`))
  return seen
}

describe('The row table', () => {
  it.each([0, ROWS])('finds the added keys, and no others, after growth (initial room for %i)', (room) => {
    const table = emptyTable(room)
    for (let number = 0; number < ROWS; number++) add(table, number)
    expect(table.size).toBe(ROWS)
    for (let number = 0; number < ROWS; number++) {
      const row = find(table, number)
      expect([keyText(table.key(row)), table.current(row)]).toEqual([`key-${number}`, `value ${number}`])
    }
    for (const name of [ROWS, '']) expect(find(table, name)).toBe(NO_ROW)
  })

  it('distinguishes keys with the same hash', () => {
    const table = emptyTable()
    const keys = ['a', 'b', 'ab', ''].map((text) => Buffer.from(text))
    for (const key of keys) table.add(key, -7, `value of ${key.toString()}`)
    for (const key of keys) expect(table.current(table.find(Buffer.from(key), -7))).toBe(`value of ${key.toString()}`)
    expect(table.find(Buffer.from('c'), -7)).toBe(NO_ROW)
  })

  it('adds its keys to a filter', () => {
    const table = emptyTable()
    add(table, 'here')
    const filter = new KeyFilter()
    table.addTo(filter)
    expect(['here', 'elsewhere'].map((name) => filter.mayHold(hashOf(keyOf(name))))).toEqual([true, false])
  })

  it('visits rows, with their values, sorted by the four bytes after the common prefix of their keys', () => {
    const table = emptyTable()
    const names = ['', '0', '00', '7', '\u00ff', ...Array.from({ length: 300 }, (_, number) => (number * 7_919) % 10_000)]
    const sorted = names.toSorted((a, b) => Buffer.compare(keyOf(a), keyOf(b)))
    expect(lent(table, names)).toEqual(sorted.map((name) => `key-${name}: value ${name}`))
  })

  it('sorts rows whose keys have no common prefix', () => {
    const table = emptyTable()
    const rows = Array.from({ length: 100 }, (_, number) => table.add(Buffer.of(255 - number, number), number + 1, 'value'))
    const first: number[] = []
    table.lendSorted(rows, ([byte = 0]) => first.push(byte))
    expect(first).toEqual(Array.from({ length: 100 }, (_, number) => 156 + number))
  })

  it('visits each of many rows once, and few rows unsorted', () => {
    const table = emptyTable()
    const many = Array.from({ length: 25_000 }, (_, number) => (number * 7_919) % 25_000)
    expect(new Set(lent(table, many)).size).toBe(many.length)
    expect(lent(emptyTable(), [2, 1, 3])).toEqual(['key-2: value 2', 'key-1: value 1', 'key-3: value 3'])
  })

  it('keeps the committed value beside the current one until commit or abort', () => {
    const table = emptyTable()
    const row = add(table, 1)
    const size = table.sizeInBytes
    expect([table.isDirty(row), table.committed(row)]).toEqual([false, 'value 1'])

    table.write(row, 'second')
    table.write(row, 'third')
    expect([table.isDirty(row), table.committed(row), table.current(row)]).toEqual([true, 'value 1', 'third'])
    expect(table.sizeInBytes).toBe(size + SIZE)

    table.abort(row)
    expect([table.isDirty(row), table.committed(row), table.current(row)]).toEqual([false, 'value 1', 'value 1'])
    expect(table.sizeInBytes).toBe(size)

    table.write(row, 'fourth')
    table.commit(row)
    expect([table.isDirty(row), table.committed(row), table.current(row)]).toEqual([false, 'fourth', 'fourth'])
    expect(table.sizeInBytes).toBe(size)
  })
})

it('never hashes a key to 0, which marks a free slot', () => {
  for (let number = 0; number < 100_000; number++) if (hashOf(Buffer.from(`${number}`)) === 0) throw new Error(`key ${number} has hash 0`)
  expect(hashOf(Buffer.alloc(0))).not.toBe(0)
})
