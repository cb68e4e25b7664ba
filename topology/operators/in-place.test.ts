import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import type { KeyValueStore } from '../../state/index.ts'
import { sliding, StreamsBuilder, tumbling, untilTimeLimit } from '../dsl/index.ts'
import type { KTable } from '../dsl/index.ts'
import { TopologyTestDriver } from '../testing/test-driver/topology-test-driver.ts'
import { drive, type Step } from './testing/drive.ts'

interface Total {
  sum: number
}

const total = Serdes.json<Total>()
const numbers = { key: Serdes.string, value: Serdes.long } as const
const totals = { key: Serdes.string, value: total } as const

/** Changes the aggregate in place, as is common in JavaScript. */
const addTo = (aggregate: Total, value: number | null): Total => {
  aggregate.sum += value ?? 0
  return aggregate
}
const takeFrom = (aggregate: Total, value: number): Total => {
  aggregate.sum -= value
  return aggregate
}

/** The sum over all rows of the table: wrong as soon as one old value is. */
function grandTotal<K>(table: KTable<K, Total>): void {
  table
    .groupBy(({ sum }): [string, number] => ['all', sum], { name: 'grand', ...numbers })
    .aggregate(() => ({ sum: 0 }), addTo, takeFrom, { name: 'grand-total', value: total })
    .toStream()
    .to('out')
}

const STEPS: readonly Step[] = [
  ['in', 'a', 1, 1],
  ['in', 'a', 2, 2],
  ['in', 'b', 10, 3],
  ['in', 'a', 4, 4],
]

const lastTotal = async (describeTopology: (builder: StreamsBuilder) => void, steps = STEPS): Promise<unknown> =>
  (await drive(describeTopology, steps)).at(-1)?.[1]

describe('20.B9 an aggregate that is changed in place', () => {
  it('leaves old values as they were: aggregate', async () => {
    const last = await lastTotal((builder) =>
      grandTotal(
        builder
          .stream('in', numbers)
          .groupByKey()
          .aggregate(() => ({ sum: 0 }), addTo, { name: 'sums', value: total }),
      ),
    )
    expect(last).toEqual({ sum: 17 })
  })

  it('leaves old values as they were: reduce', async () => {
    const last = await lastTotal(
      (builder) =>
        grandTotal(
          builder
            .stream('in', totals)
            .groupByKey()
            .reduce((sum, { sum: value }) => addTo(sum, value), { name: 'sums' }),
        ),
      STEPS.map((step) => ('advanceWallClockMs' in step ? step : [step[0], step[1], { sum: step[2] }, step[3]])),
    )
    expect(last).toEqual({ sum: 17 })
  })

  it('leaves old values as they were: cogroup', async () => {
    const last = await lastTotal(
      (builder) =>
        grandTotal(
          builder
            .stream('in', numbers)
            .groupByKey()
            .cogroup(addTo)
            .cogroup(builder.stream('more', numbers).groupByKey(), addTo)
            .aggregate(() => ({ sum: 0 }), { name: 'sums', value: total }),
        ),
      [...STEPS, ['more', 'a', 100, 5]],
    )
    expect(last).toEqual({ sum: 117 })
  })

  it('leaves old values as they were: tumbling and sliding windows', async () => {
    for (const windows of [tumbling({ sizeMs: 10, graceMs: 0 }), sliding({ sizeMs: 10, graceMs: 100 })]) {
      const rows = await drive(
        (builder) =>
          grandTotal(
            builder
              .stream('in', numbers)
              .groupByKey()
              .windowedBy(windows)
              .aggregate(() => ({ sum: 0 }), addTo, { name: 'sums', value: total }),
          ),
        STEPS,
      )
      const rebuilt = await drive(
        (builder) =>
          grandTotal(
            builder
              .stream('in', numbers)
              .groupByKey()
              .windowedBy(windows)
              .aggregate(
                () => ({ sum: 0 }),
                ({ sum }, value) => ({ sum: sum + (value ?? 0) }),
                { name: 'sums', value: total },
              ),
          ),
        STEPS,
      )
      expect(rows).toEqual(rebuilt)
    }
  })

  it('leaves the windows as they were that a new sliding window takes its contents from', async () => {
    const windowsOf = (aggregator: (aggregate: Total, value: number | null) => Total) =>
      drive(
        (builder) =>
          builder
            .stream('in', numbers)
            .groupByKey()
            .windowedBy(sliding({ sizeMs: 10, graceMs: 100 }))
            .aggregate(() => ({ sum: 0 }), aggregator, { name: 'sums', value: total })
            .toStream()
            .to('out'),
        [30, 25, 28, 4, 2, 3, 12].map((timestamp, at) => ['in', 'a', 10 ** at, timestamp] as const),
      )
    expect(await windowsOf(addTo)).toEqual(await windowsOf(({ sum }, value) => ({ sum: sum + (value ?? 0) })))
  })

  it('leaves old values as they were: a table aggregate with its subtractor, aggregated again', async () => {
    const last = await lastTotal((builder) =>
      grandTotal(
        builder
          .table('in', { name: 'rows', ...numbers })
          .groupBy((value): [string, number] => [value % 2 === 0 ? 'even' : 'odd', value], { name: 'parity', ...numbers })
          .aggregate(() => ({ sum: 0 }), addTo, takeFrom, { name: 'sums', value: total }),
      ),
    )
    expect(last).toEqual({ sum: 14 })
  })

  it('leaves the row as it was that a suppressed table still shows', async () => {
    const rows = await drive(
      (builder) => {
        const held = builder
          .stream('in', numbers)
          .groupByKey()
          .aggregate(() => ({ sum: 0 }), addTo, { name: 'sums', value: total })
          .suppress(untilTimeLimit({ limitMs: 100 }), { name: 'held' })
        builder
          .stream('ask', numbers)
          .joinTable(held, (_asked, { sum }) => sum, { name: 'asked', value: Serdes.long })
          .to('out', numbers)
      },
      [
        ['in', 'a', 1, 1],
        ['in', 'z', 1, 200],
        ['in', 'a', 2, 201],
        ['ask', 'a', 0, 202],
      ],
    )
    expect(rows).toEqual([['a', 1, 202]])
  })

  it('leaves the stored bytes as they were when the record fails afterwards', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', numbers)
      .groupByKey()
      .aggregate(
        () => new Uint8Array(2),
        (counts, value) => {
          counts[0] = (counts[0] ?? 0) + 1
          if (value === 13) throw new Error('unlucky')
          return counts
        },
        { name: 'counts', value: Serdes.bytes },
      )
    const driver = await TopologyTestDriver.open(builder.build())
    const input = driver.input('in', numbers)
    await input.pipe('a', 1, 1)
    await expect(input.pipe('a', 13, 2)).rejects.toThrow('unlucky')
    expect([...(driver.store<KeyValueStore<string, Uint8Array>>('counts').get('a') ?? [])]).toEqual([1, 0])
    await driver.close()
  })
})
