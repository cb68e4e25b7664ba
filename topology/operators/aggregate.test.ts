import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import type { StreamsBuilder } from '../dsl/index.ts'
import { drive } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const grouped = (builder: StreamsBuilder) => builder.stream('in', text).groupByKey()

describe('aggregation by key', () => {
  it('forwards every update with the largest timestamp of the records in it', async () => {
    const rows = await drive(
      (builder) => grouped(builder).count({ name: 'counts' }).toStream().to('out'),
      [
        ['in', 'a', 'x', 10],
        ['in', 'a', 'x', 4],
        ['in', 'b', 'x', 7],
        ['in', 'a', 'x', 11],
      ],
    )
    expect(rows).toEqual([
      ['a', 1, 10],
      ['a', 2, 10],
      ['b', 1, 7],
      ['a', 3, 11],
    ])
  })

  it('drops records without a key or value', async () => {
    const rows = await drive(
      (builder) => grouped(builder).count({ name: 'counts' }).toStream().to('out'),
      [
        ['in', null, 'x', 1],
        ['in', 'a', null, 2],
        ['in', 'a', '', 3],
      ],
    )
    expect(rows).toEqual([['a', 1, 3]])
  })

  it('deletes a row when its aggregator returns null, and starts over with the next record', async () => {
    const rows = await drive(
      (builder) =>
        grouped(builder)
          .aggregate(
            () => '',
            (all, value) => (value === 'stop' ? null : all + value),
            { name: 'texts', value: Serdes.string },
          )
          .toStream()
          .to('out'),
      [
        ['in', 'a', 'x', 5],
        ['in', 'a', 'stop', 3],
        ['in', 'a', 'y', 1],
      ],
    )
    expect(rows).toEqual([
      ['a', 'x', 5],
      ['a', null, 5],
      ['a', 'y', 1],
    ])
  })

  it('reduces starting with the first value', async () => {
    const rows = await drive(
      (builder) =>
        grouped(builder)
          .reduce((longest, value) => (value.length > longest.length ? value : longest), { name: 'longest' })
          .toStream()
          .to('out'),
      [
        ['in', 'a', 'aa', 1],
        ['in', 'a', 'b', 2],
        ['in', 'a', 'ccc', 3],
      ],
    )
    expect(rows).toEqual([
      ['a', 'aa', 1],
      ['a', 'aa', 2],
      ['a', 'ccc', 3],
    ])
  })

  it('groups by another key through a repartition topic', async () => {
    const rows = await drive(
      (builder) =>
        builder
          .stream('in', text)
          .groupBy((value) => value, { name: 'by-value', key: Serdes.string })
          .count({ name: 'counts' })
          .toStream()
          .to('out'),
      [
        ['in', 'a', 'x', 1],
        ['in', 'b', 'x', 2],
        ['in', 'c', null, 3],
      ],
    )
    expect(rows).toEqual([
      ['x', 1, 1],
      ['x', 2, 2],
    ])
  })
})
