import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import type { StreamsBuilder } from '../dsl/index.ts'
import { drive, drops } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const plus = (left: string | null, right: string | null) => `${left}+${right}`
const tables = (builder: StreamsBuilder) =>
  [builder.table('l', { name: 'l', ...text }), builder.table('r', { name: 'r', ...text })] as const
const result = { name: 'joined', value: Serdes.string } as const

describe('a join of two tables', () => {
  const steps = [
    ['l', 'a', '1', 10],
    ['r', 'a', 'x', 5],
    ['r', 'b', 'y', 6],
    ['l', 'a', null, 7],
    ['r', 'a', null, 20],
  ] as const

  it('has a row if both tables have one, with the later timestamp, and deletes it with either', async () => {
    const rows = await drive((builder) => {
      const [left, right] = tables(builder)
      left.join(right, plus, result).toStream().to('out')
    }, steps)
    expect(rows).toEqual([
      ['a', '1+x', 10],
      ['a', null, 7],
    ])
  })

  it('as a left join keeps all left rows', async () => {
    const rows = await drive((builder) => {
      const [left, right] = tables(builder)
      left.leftJoin(right, plus, result).toStream().to('out')
    }, steps)
    expect(rows).toEqual([
      ['a', '1+null', 10],
      ['a', '1+x', 10],
      ['a', null, 7],
    ])
  })

  it('as an outer join keeps all rows, and emits the same whether stored or not', async () => {
    const expected = [
      ['a', '1+null', 10],
      ['a', '1+x', 10],
      ['b', 'null+y', 6],
      ['a', 'null+x', 7],
      ['a', null, 20],
    ]
    for (const materialize of ['always', 'on-lookup'] as const) {
      const rows = await drive((builder) => {
        const [left, right] = tables(builder)
        left
          .outerJoin(right, plus, { ...result, materialize })
          .toStream()
          .to('out')
      }, steps)
      expect(rows).toEqual(expected)
    }
  })
})

describe('a regrouped table', () => {
  const counts = (builder: StreamsBuilder) =>
    builder
      .table('in', { name: 'rows', ...text })
      .groupBy((value) => [value, value], { name: 'by-value', ...text })
      .count({ name: 'counts' })
      .toStream()
      .to('out')

  it('removes a row from its old group before it adds it to the new one', async () => {
    const rows = await drive(counts, [
      ['in', 'a', 'x', 1],
      ['in', 'b', 'x', 2],
      ['in', 'a', 'y', 3],
      ['in', 'b', null, 4],
    ])
    expect(rows).toEqual([
      ['x', 1, 1],
      ['x', 2, 2],
      ['x', 1, 3],
      ['y', 1, 3],
      ['x', 0, 4],
    ])
  })

  it('updates a row that stays in its group in one step', async () => {
    const rows = await drive(
      (builder) =>
        builder
          .table('in', { name: 'rows', key: Serdes.string, value: Serdes.long })
          .groupBy((value, key) => [key.charAt(0), value], { name: 'by-letter', key: Serdes.string, value: Serdes.long })
          .reduce(
            (sum, value) => sum + value,
            (sum, value) => sum - value,
            { name: 'sums' },
          )
          .toStream()
          .to('out'),
      [
        ['in', 'a1', 10, 1],
        ['in', 'a2', 5, 2],
        ['in', 'a1', 1, 3],
      ],
    )
    expect(rows).toEqual([
      ['a', 10, 1],
      ['a', 15, 2],
      ['a', 6, 3],
    ])
  })
})

describe('a versioned table', () => {
  const versioned = (builder: StreamsBuilder) => builder.table('rows', { name: 'rows', ...text, historyMs: 100 })
  const steps = [
    ['rows', 'a', 'old', 10],
    ['rows', 'a', 'new', 20],
    ['in', 'a', '1', 15],
    ['in', 'a', '2', 25],
  ] as const

  it('joins a record with the row that was valid at its timestamp', async () => {
    const rows = await drive((builder) => {
      const table = versioned(builder)
      builder.stream('in', text).joinTable(table, plus, result).to('out')
    }, steps)
    expect(rows).toEqual([
      ['a', '1+old', 15],
      ['a', '2+new', 25],
    ])
  })

  it('lets a join with a grace period wait for late rows, in order of time', async () => {
    const rows = await drive(
      (builder) => {
        const table = versioned(builder)
        builder
          .stream('in', text)
          .leftJoinTable(table, plus, { ...result, graceMs: 10 })
          .to('out')
      },
      [
        ['in', 'a', 'second', 12],
        ['in', 'a', 'first', 11],
        ['rows', 'a', 'late', 11],
        ['in', 'a', 'moves time', 22],
        ['in', 'a', 'too late', 11],
      ],
    )
    expect(rows).toEqual([
      ['a', 'first+late', 11],
      ['a', 'second+late', 12],
      ['a', 'too late+late', 11],
    ])
  })

  it('drops out-of-order changes before grouping, and changes older than its history', async () => {
    const counted = await drops(
      (builder) =>
        versioned(builder)
          .groupBy((value) => [value, value], { name: 'by-value', ...text })
          .count({ name: 'counts' }),
      [
        ['rows', 'a', 'now', 1000],
        ['rows', 'a', 'before', 950],
        ['rows', 'a', 'long ago', 10],
      ],
    )
    expect(counted).toEqual({ 'out-of-order': 1, expired: 1 })
  })
})
