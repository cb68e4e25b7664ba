import { describe, expect, it } from 'vitest'
import { StoredValues } from './stored-values.ts'

/** Short and long values, and those next to the bounds. */
const LENGTHS = [0, 1, 3, 4, 7, 8, 100, 127, 128, 129, 4_095, 4_096, 4_097, 70_000]
/** Enough values to fill arena chunks of every size. */
const TIMES = 500

const valueOf = (length: number): Buffer => Buffer.alloc(length, `value of ${length} `)

describe('Stored values', () => {
  it('are returned unchanged by get and lend, whatever their lengths', () => {
    const values = new StoredValues()
    const added = Array.from({ length: TIMES }, (_, time) =>
      LENGTHS.map((length) => {
        const timestamp = time % 2 === 0 ? 1_700_000_000_123 + time : -0.5 * time
        return { length, timestamp, handle: values.add({ bytes: valueOf(length), timestamp }) }
      }),
    ).flat()
    const wrong = added.filter(({ length, timestamp, handle }) =>
      [values.get(handle), values.lend(handle)].some((value) => value?.timestamp !== timestamp || !valueOf(length).equals(value.bytes)),
    )
    expect(wrong).toEqual([])
    const bytes = added.reduce((sum, { length }) => sum + length, 0)
    expect(values.sizeInBytes).toBeGreaterThanOrEqual(bytes)
    expect(values.sizeInBytes).toBeLessThanOrEqual(bytes + 100 * added.length)
  })

  it('may be absent', () => {
    const values = new StoredValues()
    const handle = values.add(undefined)
    values.drop(handle)
    expect([values.get(handle), values.lend(handle)]).toEqual([undefined, undefined])
  })

  it.each([4, 4_000])('of %i bytes do not change after get, even when they are dropped', (length) => {
    const values = new StoredValues()
    const handle = values.add({ bytes: valueOf(length), timestamp: 1 })
    const before = values.get(handle)
    values.drop(handle)
    for (let number = 0; number < 1_000; number++) values.add({ bytes: Buffer.alloc(length, 'x'), timestamp: 2 })
    expect(before?.timestamp).toBe(1)
    expect(valueOf(length).equals(before?.bytes ?? Buffer.of())).toBe(true)
  })

  it('are copied if they are short', () => {
    const values = new StoredValues()
    const bytes = valueOf(4)
    const handle = values.add({ bytes, timestamp: 1 })
    bytes.fill('x')
    expect(valueOf(4).equals(values.get(handle)?.bytes ?? Buffer.of())).toBe(true)
  })

  it('free their memory when they are dropped, if they are long', () => {
    const values = new StoredValues()
    for (let number = 0; number < 1_000; number++) values.drop(values.add({ bytes: valueOf(4_000), timestamp: 1 }))
    expect(values.sizeInBytes).toBe(0)
  })
})
