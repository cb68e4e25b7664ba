import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Serdes } from '../serdes.ts'
import type { VersionedKeyValueStore } from '../store.ts'
import { Stores } from '../stores.ts'
import { cursorOver, StateUnderTest, STORAGES, type Place } from '../testing/index.ts'

const HISTORY_MS = 1_000
const spec = Stores.versioned({ name: 'versions', key: Serdes.string, value: Serdes.string, historyMs: HISTORY_MS })

describe.each(STORAGES)('A versioned store ($name)', ({ make }) => {
  let place: Place
  let opened: StateUnderTest
  const store = (): VersionedKeyValueStore<string, string> => opened.state.store('versions') as VersionedKeyValueStore<string, string>
  const at = (key: string, time: number): string | undefined => store().getAsOf(key, time)?.value

  beforeEach(async () => {
    place = await make()
    opened = await StateUnderTest.open(place, [spec])
  })

  afterEach(async () => {
    await opened.close()
    await place.remove()
  })

  it('returns the value at any time in its history', async () => {
    expect(store().put('a', '1', 100)).toEqual({ stored: true, validTo: 'latest' })
    expect(store().put('a', '2', 200)).toEqual({ stored: true, validTo: 'latest' })
    await opened.commit()
    expect(store().get('a')).toEqual({ value: '2', timestamp: 200 })
    expect([at('a', 99), at('a', 100), at('a', 199), at('a', 200), at('a', 9_999)]).toEqual([undefined, '1', '1', '2', '2'])
    expect(store().getAsOf('a', 150)).toEqual({ value: '1', timestamp: 100, validTo: 200 })
  })

  it('inserts a late value at its timestamp', () => {
    store().put('a', '1', 100)
    store().put('a', '3', 300)
    expect(store().put('a', '2', 200)).toEqual({ stored: true, validTo: 300 })
    expect([at('a', 150), at('a', 250), at('a', 350)]).toEqual(['1', '2', '3'])
    expect(
      store()
        .history('a', 0, 999)
        .map(({ value }) => value),
    ).toEqual(['3', '2', '1'])
    expect(
      store()
        .history('a', 150, 250)
        .map(({ value }) => value),
    ).toEqual(['2', '1'])
  })

  it('keeps the span without a value after a deletion', () => {
    store().put('a', '1', 100)
    expect(store().delete('a', 200)).toEqual({ value: '1', timestamp: 100 })
    store().put('a', '3', 300)
    expect([at('a', 150), at('a', 250), at('a', 350)]).toEqual(['1', undefined, '3'])
  })

  it('rejects a put that is older than its history', () => {
    store().put('b', 'now', 5_000)
    expect(store().put('a', 'old', 3_999)).toEqual({ stored: false })
    expect(store().put('a', 'just', 4_000)).toEqual({ stored: true, validTo: 'latest' })
    expect(at('a', 5_000)).toBe('just')
  })

  it('drops uncommitted writes on abort, and the time observed with them', async () => {
    store().put('a', '1', 100)
    await opened.commit()
    store().put('a', '2', 200)
    store().put('b', '2', 9_000)
    opened.state.abort()
    expect([at('a', 250), at('b', 9_999)]).toEqual(['1', undefined])
    expect(store().put('a', 'late', 50)).toMatchObject({ stored: true })
  })

  it('keeps committed versions across a restart, and shows queries only those', async () => {
    store().put('a', '1', 100)
    await opened.commit()
    store().put('a', '2', 200)
    const seen = opened.state.committed('versions').getAsOf?.(Buffer.from('a'), 250)
    expect(Buffer.from(seen?.value ?? []).toString()).toBe('1')
    await opened.reopen()
    expect(store().get('a')).toEqual({ value: '1', timestamp: 100 })
  })

  it('agrees with a plain list of versions, in any order of puts', async () => {
    let random = 42
    const randomBelow = (below: number): number => (random = (random * 48_271) % 0x7fffffff) % below
    const model = new Map<string, Map<number, string | null>>()
    for (let step = 0; step < 400; step++) {
      const key = `key ${randomBelow(3)}`
      const time = 10_000 + randomBelow(HISTORY_MS - 1)
      const value = randomBelow(5) === 0 ? null : `v${step}`
      store().put(key, value, time)
      model.set(key, (model.get(key) ?? new Map<number, string | null>()).set(time, value))
      if (randomBelow(10) === 0) await opened.commit()
      if (randomBelow(40) === 0) {
        await opened.commit()
        await opened.reopen()
      }
    }
    for (const [key, versions] of model) {
      for (let time = 10_000; time < 10_000 + HISTORY_MS; time++) {
        const latest = [...versions.keys()].filter((from) => from <= time).toSorted((a, b) => b - a)[0]
        const expected = latest === undefined ? undefined : (versions.get(latest) ?? undefined)
        if (at(key, time) !== expected) expect.fail(`${key} at ${time} is ${at(key, time)}, not ${expected}`)
      }
    }
  })

  it('is restored from its changelog without a difference', async () => {
    for (let step = 0; step < 200; step++) {
      store().put(`key ${step % 5}`, step % 7 === 0 ? null : `v${step}`, 1_000 + ((step * 53) % 900))
      if (step % 13 === 0) await opened.commit()
    }
    await opened.commit()
    const elsewhere = await make()
    const copy = await StateUnderTest.open(elsewhere, [spec])
    const records = opened.changelog('versions')
    await copy.state.restore('versions', cursorOver(records), records.length)
    const restored = copy.state.store('versions') as VersionedKeyValueStore<string, string>
    for (let key = 0; key < 5; key++) expect(restored.history(`key ${key}`, 0, 9_999)).toEqual(store().history(`key ${key}`, 0, 9_999))
    await copy.close()
    await elsewhere.remove()
  })
})
