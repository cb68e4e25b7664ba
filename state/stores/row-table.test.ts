import { describe, expect, it } from 'vitest'
import { keyText } from '../bytes.ts'
import { KeyFilter } from './key-filter.ts'
import { hashOf } from './key-hash.ts'
import { NO_ROW, RowTable } from './row-table.ts'
import { Structures } from './structures.ts'

const ROWS = 5_000
const SIZE = 100
const keyOf = (name: string | number): Buffer => Buffer.from(`key-${name}`)

function emptyTable(rows?: number): RowTable<string> {
  return new RowTable(new Structures(() => SIZE), rows)
}

function add(table: RowTable<string>, name: string | number): number {
  return table.add(keyOf(name), hashOf(keyOf(name)), `value ${name}`)
}

function find(table: RowTable<string>, name: string | number): number {
  return table.find(keyOf(name), hashOf(keyOf(name)))
}

describe('The row table', () => {
  it.each([0, ROWS])('finds what was added, however it grew, and nothing else (begun with room for %i)', (room) => {
    const table = emptyTable(room)
    for (let number = 0; number < ROWS; number++) add(table, number)
    expect(table.size).toBe(ROWS)
    for (let number = 0; number < ROWS; number++) {
      const row = find(table, number)
      expect([keyText(table.key(row)), table.present(row)]).toEqual([`key-${number}`, `value ${number}`])
    }
    for (const name of [ROWS, '']) expect(find(table, name)).toBe(NO_ROW)
  })

  it('tells keys of the same hash apart', () => {
    const table = emptyTable()
    const keys = ['a', 'b', 'ab', ''].map((text) => Buffer.from(text))
    for (const key of keys) table.add(key, -7, `value of ${key.toString()}`)
    for (const key of keys) expect(table.present(table.find(Buffer.from(key), -7))).toBe(`value of ${key.toString()}`)
    expect(table.find(Buffer.from('c'), -7)).toBe(NO_ROW)
  })

  it('tells a filter of what it holds', () => {
    const table = emptyTable()
    add(table, 'here')
    const filter = new KeyFilter()
    table.addTo(filter)
    expect(['here', 'elsewhere'].map((name) => filter.mayHold(hashOf(keyOf(name))))).toEqual([true, false])
  })

  it('sorts rows by the four bytes behind what their keys begin with', () => {
    const table = emptyTable()
    const names = ['', '0', '00', '7', '\u00ff', ...Array.from({ length: 300 }, (_, number) => (number * 7_919) % 10_000)]
    const rows = names.map((name) => add(table, name))
    table.sort(rows)
    const keys = rows.map((row) => Buffer.from(table.key(row)))
    expect(keys.map(String)).toEqual(keys.toSorted(Buffer.compare).map(String))
  })

  it.each(['', 'one and the same'])('sorts keys that begin with nothing in common, or are not many ("%s")', (name) => {
    const table = emptyTable()
    const rows = Array.from({ length: 100 }, (_, number) => {
      const key = Buffer.from(name === '' ? [255 - number, number] : `${name} ${number % 2}`)
      return table.add(key, number + 1, 'value')
    })
    table.sort(rows)
    const keys = rows.map((row) => Buffer.from(table.key(row)))
    expect(keys).toEqual(keys.toSorted(Buffer.compare))
  })

  it('keeps the committed value beside the present one until either is given up', () => {
    const table = emptyTable()
    const row = add(table, 1)
    const size = table.sizeInBytes
    expect([table.isDirty(row), table.committed(row)]).toEqual([false, 'value 1'])

    table.write(row, 'second')
    table.write(row, 'third')
    expect([table.isDirty(row), table.committed(row), table.present(row)]).toEqual([true, 'value 1', 'third'])
    expect(table.sizeInBytes).toBe(size + SIZE)

    table.abort(row)
    expect([table.isDirty(row), table.committed(row), table.present(row)]).toEqual([false, 'value 1', 'value 1'])
    expect(table.sizeInBytes).toBe(size)

    table.write(row, 'fourth')
    table.commit(row)
    expect([table.isDirty(row), table.committed(row), table.present(row)]).toEqual([false, 'fourth', 'fourth'])
    expect(table.sizeInBytes).toBe(size)
  })
})

it('gives no key the hash of a free place', () => {
  for (let number = 0; number < 100_000; number++) if (hashOf(Buffer.from(`${number}`)) === 0) throw new Error(`${number}`)
  expect(hashOf(Buffer.alloc(0))).not.toBe(0)
})
