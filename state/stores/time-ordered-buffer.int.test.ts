import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Serdes } from '../serdes.ts'
import type { TimeOrderedBuffer } from '../store.ts'
import { Stores } from '../stores.ts'
import { cursorOver, StateUnderTest, STORAGES, type Place } from '../testing/index.ts'

const common = { key: Serdes.string, value: Serdes.string }
const single = Stores.timeOrdered({ name: 'single', ...common })
const many = Stores.timeOrdered({ name: 'many', ...common, retainDuplicates: true })

describe.each(STORAGES)('A buffer ordered by time ($name)', ({ make }) => {
  let place: Place
  let opened: StateUnderTest
  const buffer = (name = 'single'): TimeOrderedBuffer<string, string> => opened.state.store(name) as TimeOrderedBuffer<string, string>
  const rows = (name?: string): string[] => [...buffer(name).rows()].map(({ start, key, value }) => `${start} ${key} ${value}`)

  beforeEach(async () => {
    place = await make()
    opened = await StateUnderTest.open(place, [single, many])
  })

  afterEach(async () => {
    await opened.close()
    await place.remove()
  })

  it('orders rows by time, then key', () => {
    for (const [time, key] of [
      [20, 'b'],
      [10, 'z'],
      [20, 'a'],
      [-5, 'q'],
    ] as const)
      buffer().put(time, key, 'v', 0)
    expect(rows()).toEqual(['-5 q v', '10 z v', '20 a v', '20 b v'])
    expect(buffer().first()).toMatchObject({ start: -5, key: 'q' })
    expect(buffer().size).toBe(4)
  })

  it('replaces the row of a time and key', () => {
    buffer().put(10, 'a', '1', 1)
    buffer().put(10, 'a', '2', 2)
    expect(rows()).toEqual(['10 a 2'])
    expect(buffer().get(10, 'a')).toBe('2')
    expect(buffer().get(11, 'a')).toBeUndefined()
  })

  it('with duplicates keeps all rows of a time and key, and deletes them together', () => {
    for (const value of ['1', '2', '3']) buffer('many').put(10, 'a', value, 0)
    expect(rows('many')).toEqual(['10 a 1', '10 a 2', '10 a 3'])
    buffer('many').delete(10, 'a')
    expect(rows('many')).toEqual([])
    expect(buffer('many').sizeInBytes).toBe(0)
  })

  it('distinguishes a key from another that begins with it', () => {
    const keys = ['', '\0', 'a', 'a\0', 'a\0\0', 'a\0\x01', 'ab']
    for (let round = 0; round < 300; round++) for (const key of keys) buffer('many').put(1, key, String(round), 0)
    for (const key of keys) {
      expect(buffer('many').get(1, key)).toBe('0')
      const size = buffer('many').size
      buffer('many').delete(1, key)
      expect(buffer('many').get(1, key)).toBeUndefined()
      expect(buffer('many').size).toBe(size - 300)
    }
  })

  it('drains rows up to a time, in order, and keeps the rest', async () => {
    for (const time of [30, 10, 20]) buffer().put(time, 'a', 'v', time)
    await opened.commit()
    expect(
      buffer()
        .drain(20)
        .map(({ start }) => start),
    ).toEqual([10, 20])
    expect(rows()).toEqual(['30 a v'])
    opened.state.abort()
    expect(rows()).toEqual(['10 a v', '20 a v', '30 a v'])
  })

  it('allows the current row to be deleted during an iteration', () => {
    for (const time of [10, 20, 30]) buffer().put(time, 'a', 'v', 0)
    const seen: number[] = []
    for (const { start, key } of buffer().rows()) {
      seen.push(start)
      buffer().delete(start, key)
    }
    expect(seen).toEqual([10, 20, 30])
    expect(buffer().size).toBe(0)
  })

  it('keeps committed rows across a restart, and adds a new duplicate after the old ones', async () => {
    buffer('many').put(10, 'a', '1', 0)
    buffer('many').put(10, 'a', '2', 0)
    await opened.commit()
    buffer('many').put(10, 'a', 'lost', 0)
    await opened.reopen()
    buffer('many').put(10, 'a', '3', 0)
    expect(rows('many')).toEqual(['10 a 1', '10 a 2', '10 a 3'])
  })

  it('is restored from its changelog without a difference', async () => {
    for (let step = 0; step < 200; step++) {
      for (const name of ['single', 'many']) {
        buffer(name).put((step * 7) % 20, `key ${step % 4}`, `v${step}`, step)
        if (step % 6 === 0) buffer(name).delete((step * 3) % 20, `key ${step % 4}`)
        if (step % 50 === 49) buffer(name).drain(3)
      }
      if (step % 13 === 0) await opened.commit()
    }
    await opened.commit()
    const elsewhere = await make()
    const copy = await StateUnderTest.open(elsewhere, [single, many])
    for (const name of ['single', 'many']) {
      const records = opened.changelog(name)
      await copy.state.restore(name, cursorOver(records), records.length)
      const restored = copy.state.store(name) as TimeOrderedBuffer<string, string>
      expect([...restored.rows()]).toEqual([...buffer(name).rows()])
      expect(restored.sizeInBytes).toBe(buffer(name).sizeInBytes)
    }
    await copy.close()
    await elsewhere.remove()
  })
})
