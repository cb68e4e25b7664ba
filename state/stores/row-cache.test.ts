import { beforeEach, describe, expect, it } from 'vitest'
import { ObjectValues } from './object-values.ts'
import { RowCache } from './row-cache.ts'
import { StoredValues, type StoredValue } from './stored-values.ts'

const ROWS = 200
const key = (number: number): Buffer => Buffer.from(String(number).padStart(4, '0'))

describe('The row cache', () => {
  let stored: Map<string, string>
  let loads: number
  let cache: RowCache<string | undefined>

  beforeEach(() => {
    stored = new Map(Array.from({ length: ROWS }, (_, number) => [String(key(number)), 'stored']))
    loads = 0
    cache = new RowCache<string | undefined>({
      load: (bytes) => {
        loads++
        return stored.get(String(bytes))
      },
      nothing: undefined,
      values: () => new ObjectValues(() => 96),
      budgetBytes: 2_000,
      isNew: false,
    })
  })

  it('loads a row once while it is cached', () => {
    for (let read = 0; read < 10; read++) expect(cache.read(key(1))).toBe('stored')
    expect(loads).toBe(1)
  })

  it('evicts rows that are only read, and so stays within its budget', () => {
    for (let number = 0; number < ROWS; number++) cache.read(key(number))
    loads = 0
    for (let number = 0; number < ROWS; number++) cache.read(key(number))
    expect(loads).toBeGreaterThan(ROWS - 25)
  })

  it('never evicts a row that is uncommitted or not yet in the storage', () => {
    cache.write(key(0), 'mine')
    for (let number = 1; number < ROWS; number++) cache.read(key(number))
    expect(cache.read(key(0))).toBe('mine')
    cache.commit()
    for (let number = 1; number < ROWS; number++) cache.read(key(number))
    expect(cache.read(key(0))).toBe('mine')
    expect(cache.readCommitted(key(0))).toBe('mine')
  })

  it('keeps every dirty row, even beyond its budget', () => {
    for (let number = 0; number < ROWS; number++) cache.write(key(number), `mine ${number}`)
    for (let number = 0; number < ROWS; number++) expect(cache.read(key(number))).toBe(`mine ${number}`)
    expect(cache.dirtyRows).toBe(ROWS)
  })

  it('counts every value that a transaction writes, even to one row: other rows are evicted, and the dirty row keeps its values', () => {
    const values = new RowCache<StoredValue | undefined>({
      load: () => {
        loads++
        return { bytes: Buffer.from('stored'), timestamp: 1 }
      },
      nothing: undefined,
      values: () => new StoredValues(),
      budgetBytes: 2_000,
      isNew: false,
    })
    values.read(key(1))
    for (let time = 0; time < 1_000; time++) values.write(key(0), { bytes: key(time), timestamp: time })
    expect(values.read(key(0))?.bytes).toEqual(new Uint8Array(key(999)))
    values.abort()
    expect(Buffer.from(values.read(key(0))?.bytes ?? []).toString()).toBe('stored')
    expect(loads).toBe(2)
    values.read(key(1))
    expect(loads).toBe(3)
  })

  it('returns to the committed value on abort', () => {
    cache.read(key(0))
    cache.write(key(0), 'mine')
    cache.write(key(0), 'mine again')
    expect(cache.readCommitted(key(0))).toBe('stored')
    cache.abort()
    expect(cache.read(key(0))).toBe('stored')
    expect(cache.dirtyRows).toBe(0)
  })

  it('reloads a row that was changed past it', () => {
    cache.read(key(0))
    stored.set(String(key(0)), 'changed')
    cache.reload([key(0)])
    expect(cache.read(key(0))).toBe('changed')
  })
})
