import { describe, expect, it } from 'vitest'
import { StoredValues } from './stored-values.ts'

/** Short ones and long ones, and those beside the bound. */
const LENGTHS = [0, 1, 3, 4, 7, 8, 100, 127, 128, 129, 4_095, 4_096, 4_097, 70_000]
/** Enough to fill chunks of memory of every size. */
const TIMES = 500

const valueOf = (length: number): Buffer => Buffer.alloc(length, `value of ${length} `)

describe('Stored values', () => {
  it('come back as they went in, whatever their lengths, and are lent the same', () => {
    const values = new StoredValues()
    const placed = Array.from({ length: TIMES }, (_, time) =>
      LENGTHS.map((length) => {
        const timestamp = time % 2 === 0 ? 1_700_000_000_123 + time : -0.5 * time
        return { length, timestamp, place: values.add({ bytes: valueOf(length), timestamp }) }
      }),
    ).flat()
    const wrong = placed.filter(({ length, timestamp, place }) =>
      [values.get(place), values.lend(place)].some((value) => value?.timestamp !== timestamp || !valueOf(length).equals(value.bytes)),
    )
    expect(wrong).toEqual([])
    const bytes = placed.reduce((sum, { length }) => sum + length, 0)
    expect(values.sizeInBytes).toBeGreaterThanOrEqual(bytes)
    expect(values.sizeInBytes).toBeLessThanOrEqual(bytes + 100 * placed.length)
  })

  it('may be absent', () => {
    const values = new StoredValues()
    const place = values.add(undefined)
    values.drop(place)
    expect([values.get(place), values.lend(place)]).toEqual([undefined, undefined])
  })

  it.each([4, 4_000])('of %i bytes that were handed out stay as they were', (length) => {
    const values = new StoredValues()
    const place = values.add({ bytes: valueOf(length), timestamp: 1 })
    const before = values.get(place)
    values.drop(place)
    for (let number = 0; number < 1_000; number++) values.add({ bytes: Buffer.alloc(length, 'x'), timestamp: 2 })
    expect(before?.timestamp).toBe(1)
    expect(valueOf(length).equals(before?.bytes ?? Buffer.of())).toBe(true)
  })

  it('that are short are copied', () => {
    const values = new StoredValues()
    const bytes = valueOf(4)
    const place = values.add({ bytes, timestamp: 1 })
    bytes.fill('x')
    expect(valueOf(4).equals(values.get(place)?.bytes ?? Buffer.of())).toBe(true)
  })

  it('that are long take no memory once they were dropped', () => {
    const values = new StoredValues()
    for (let number = 0; number < 1_000; number++) values.drop(values.add({ bytes: valueOf(4_000), timestamp: 1 }))
    expect(values.sizeInBytes).toBe(0)
  })
})
