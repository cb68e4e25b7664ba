import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { StreamsBuilder, tumbling, untilWindowCloses } from '../dsl/index.ts'
import { TopologyTestDriver } from '../testing/test-driver/topology-test-driver.ts'
import { drive } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const

/** Adds the length of words to a key's balance and subtracts numbers from it. */
const balance = (builder: StreamsBuilder) =>
  builder
    .stream('in', text)
    .groupByKey()
    .cogroup<number>((sum, value) => sum + (value ?? '').length)
    .cogroup(
      builder.stream('out-of', { key: Serdes.string, value: Serdes.long }).groupBy((_, key) => key, { name: 'again', key: Serdes.string }),
      (sum, value) => (value === null || value > sum ? null : sum - value),
    )

describe('cogroup', () => {
  it('folds streams of different types into one row, in the order in which records arrive', async () => {
    const rows = await drive(
      (builder) =>
        balance(builder)
          .aggregate(() => 0, { name: 'sums', value: Serdes.long })
          .toStream()
          .to('out'),
      [
        ['in', 'a', 'four', 1],
        ['out-of', 'a', 3, 9],
        ['in', 'a', 'two', 5],
        ['in', 'b', 'x', 6],
        ['out-of', 'a', 100, 7],
        ['in', 'a', 'more', 8],
      ],
    )
    expect(rows).toEqual([
      ['a', 4, 1],
      ['a', 1, 9],
      ['a', 4, 9],
      ['b', 1, 6],
      ['a', null, 9],
      ['a', 4, 8],
    ])
  })

  it('brings all records of a key to one partition, and keeps rows across a restart', async () => {
    const builder = new StreamsBuilder()
    balance(builder)
      .aggregate(() => 0, { name: 'sums', value: Serdes.long })
      .toStream()
      .to('out')
    const driver = await TopologyTestDriver.open(builder.build(), { partitions: 3 })
    for (const key of ['a', 'b', 'c', 'd', 'e']) await driver.input('in').pipe(key, 'twelve chars', 1)
    await driver.restart({ loseState: true })
    await driver.output('out').read()
    for (const key of ['a', 'b', 'c', 'd', 'e']) await driver.input('out-of', { key: Serdes.string, value: Serdes.long }).pipe(key, 2, 2)
    const values = (await driver.output('out').read()).map(({ value }) => value)
    expect(values.filter((value) => value === 10)).toHaveLength(5)
    await driver.close()
  })

  it('emits windows that suppress can wait for', async () => {
    const rows = await drive(
      (builder) =>
        balance(builder)
          .windowedBy(tumbling({ sizeMs: 10, graceMs: 0 }))
          .aggregate(() => 0, { name: 'sums', value: Serdes.long })
          .suppress(untilWindowCloses(), { name: 'final' })
          .toStream()
          .to('out'),
      [
        ['in', 'a', 'four', 1],
        ['out-of', 'a', 3, 9],
        ['in', 'a', 'next', 10],
      ],
    )
    expect(rows).toEqual([[{ key: 'a', start: 0, end: 10 }, 1, 9]])
  })

  it('requires the serde of its rows in its options', () => {
    const builder = new StreamsBuilder()
    const both = balance(builder)
    // @ts-expect-error the aggregate is a number
    both.aggregate(() => 0, { name: 'sums', value: Serdes.string })
    expect(builder.build().subtopologies.flatMap(({ stores }) => stores.map(({ name }) => name))).toEqual(['sums'])
  })
})
