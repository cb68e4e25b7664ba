import { describe, expect, it } from 'vitest'
import { Serdes, type WindowStore } from '../../state/index.ts'
import { sliding, StreamsBuilder } from '../dsl/index.ts'
import { TopologyTestDriver } from '../testing/test-driver/topology-test-driver.ts'
import { drive, drops, type Step } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const

const counts =
  (options: { sizeMs: number; graceMs: number }) =>
  (builder: StreamsBuilder): void =>
    builder.stream('in', text).groupByKey().windowedBy(sliding(options)).count({ name: 'counts' }).toStream().to('out')

/** The expected record count of each window, by start: one window ends with each record, one starts right after it unless it would be empty. */
function windowsOf(times: readonly number[], sizeMs: number): ReadonlyMap<number, number> {
  const within = (start: number): number => times.filter((time) => time >= start && time <= start + sizeMs).length
  const ending = times.map((time) => Math.max(0, time - sizeMs))
  const following = times.map((time) => time + 1).filter((start) => within(start) > 0)
  return new Map([...ending, ...following].sort((a, b) => a - b).map((start) => [start, within(start)]))
}

function randomTimes(seed: number, count: number, span: number): readonly number[] {
  let state = seed
  return Array.from({ length: count }, () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % span)
}

describe('sliding windows', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    'finally hold every set of records within the size of each other, whatever the order of arrival (seed %i)',
    async (seed) => {
      const sizeMs = 1 + (seed % 13)
      const times = randomTimes(seed, 25, 60)
      const builder = new StreamsBuilder()
      counts({ sizeMs, graceMs: 1_000 })(builder)
      const driver = await TopologyTestDriver.open(builder.build())
      const input = driver.input('in', text)
      for (const time of times) {
        await input.pipe('a', 'x', time)
        await input.pipe('b', 'x', 60 - time)
      }
      const store = driver.store<WindowStore<string, number>>('counts')
      const held = (key: string) => new Map(store.fetchRange(key, 0, 1_000).map(({ start, value }) => [start, value]))
      expect(held('a')).toEqual(windowsOf(times, sizeMs))
      expect(held('b')).toEqual(
        windowsOf(
          times.map((time) => 60 - time),
          sizeMs,
        ),
      )
      await driver.close()
    },
  )

  it('are emitted once each, if they are emitted on close', async () => {
    const describeTopology = (builder: StreamsBuilder): void =>
      builder
        .stream('in', text)
        .groupByKey()
        .windowedBy(sliding({ sizeMs: 5, graceMs: 2 }), { emit: 'close' })
        .count({ name: 'counts', retentionMs: 1_000 })
        .toStream()
        .to('out')
    const rows = await drive(
      describeTopology,
      [1, 4, 3, 30, 60, 61].map((time) => ['in', 'a', 'x', time]),
    )
    expect(rows.map(([key, value]) => [key, value])).toEqual([
      [{ key: 'a', start: 0, end: 5 }, 3],
      [{ key: 'a', start: 2, end: 7 }, 2],
      [{ key: 'a', start: 4, end: 9 }, 1],
      [{ key: 'a', start: 25, end: 30 }, 1],
    ])
  })

  it('drop and count records that are late or lack a key or value', async () => {
    const steps: Step[] = [
      ['in', 'a', 'x', 100],
      ['in', 'a', 'late', 93],
      ['in', 'a', null, 100],
      ['in', null, 'x', 100],
    ]
    expect(await drops(counts({ sizeMs: 5, graceMs: 1 }), steps)).toEqual({ late: 1, 'null-value': 1, 'null-key': 1 })
  })

  it('reject invalid sizes and graces', () => {
    for (const invalid of [
      { sizeMs: 0, graceMs: 0 },
      { sizeMs: 1.5, graceMs: 0 },
      { sizeMs: 5, graceMs: -1 },
    ]) {
      expect(() => sliding(invalid)).toThrow(RangeError)
    }
  })
})
