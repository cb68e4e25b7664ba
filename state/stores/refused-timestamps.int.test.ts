import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Serdes } from '../serdes.ts'
import type { KeyValueStore, TimeOrderedBuffer, VersionedKeyValueStore, WindowStore } from '../store.ts'
import { Stores } from '../stores.ts'
import { STORAGES, StateUnderTest, type Place } from '../testing/index.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const SPECS = [
  Stores.keyValue({ name: 'rows', ...text, timestamped: true }),
  Stores.window({ name: 'windows', ...text, windowSizeMs: 10, retentionMs: 100 }),
  Stores.versioned({ name: 'versions', ...text, historyMs: 100 }),
  Stores.timeOrdered({ name: 'buffer', ...text }),
]

/** What a type check would not let through is there, too: callers may have none. */
const NUMBERS = [NaN, Infinity, -Infinity, 1.5, 1e300, 2 ** 53, -1]
const OTHERS = [10n, '10', null, new Date(10), {}] as unknown[] as number[]

describe.each(STORAGES)('20.B5 timestamps in stores ($name)', ({ make }) => {
  let place: Place
  let opened: StateUnderTest

  beforeEach(async () => {
    place = await make()
    opened = await StateUnderTest.open(place, SPECS)
  })

  afterEach(async () => {
    await opened.close()
    await place.remove()
  })

  const puts = (): readonly (readonly [kind: string, put: (timestamp: number) => void])[] => {
    const rows = opened.state.store('rows') as KeyValueStore<string, string>
    const windows = opened.state.store('windows') as WindowStore<string, string>
    const versions = opened.state.store('versions') as VersionedKeyValueStore<string, string>
    const buffer = opened.state.store('buffer') as TimeOrderedBuffer<string, string>
    return [
      ['key-value', (timestamp) => rows.put('a', 'v', timestamp)],
      ['key-value deletion', (timestamp) => rows.put('a', null, timestamp)],
      ['window', (timestamp) => windows.put('a', 'v', 0, timestamp)],
      ['versioned', (timestamp) => void versions.put('a', 'v', timestamp)],
      ['versioned deletion', (timestamp) => void versions.delete('a', timestamp)],
      ['time-ordered', (timestamp) => buffer.put(0, 'a', 'v', timestamp)],
    ]
  }

  it('are whole numbers from 0 on; a put with any other changes nothing', async () => {
    for (const [kind, put] of puts()) {
      for (const timestamp of NUMBERS) {
        if (kind === 'versioned deletion' && timestamp < 0) continue // older than any history: nothing is put
        expect(() => put(timestamp), `${kind} ${timestamp}`).toThrow(RangeError)
      }
      for (const timestamp of OTHERS) expect(() => put(timestamp), `${kind} ${String(timestamp)}`).toThrow(TypeError)
    }
    expect(opened.state.dirtyRows).toBe(0)
    await opened.commit()
    for (const { name } of SPECS) expect(opened.changelog(name)).toEqual([])
  })

  it('include 0 and the largest safe integer', async () => {
    for (const [, put] of puts()) for (const timestamp of [0, Number.MAX_SAFE_INTEGER]) expect(() => put(timestamp)).not.toThrow()
    await opened.commit()
    expect(opened.changelog('versions').at(-1)?.timestamp).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('start windows and rows at whole numbers only', () => {
    const windows = opened.state.store('windows') as WindowStore<string, string>
    const buffer = opened.state.store('buffer') as TimeOrderedBuffer<string, string>
    for (const start of [NaN, Infinity, 1.5, 1e300]) {
      expect(() => windows.put('a', 'v', start, 1)).toThrow(RangeError)
      expect(() => buffer.put(start, 'a', 'v', 1)).toThrow(RangeError)
    }
    expect([windows.lastStart, buffer.size, opened.state.dirtyRows]).toEqual([-1, 0, 0])
  })
})
