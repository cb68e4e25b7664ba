import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { joinWindow, tumbling } from '../dsl/index.ts'
import type { StreamsBuilder } from '../dsl/index.ts'
import { drops } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const stream = (builder: StreamsBuilder, topic = 'in') => builder.stream(topic, text)
const plus = (left: string | null, right: string | null) => `${left}+${right}`

describe('dropped records are counted by reason code', () => {
  it('by an aggregation: no key, no value', async () => {
    const counted = await drops(
      (builder) => stream(builder).groupByKey().count({ name: 'counts' }),
      [
        ['in', null, 'x', 1],
        ['in', null, null, 1],
        ['in', 'a', null, 1],
      ],
    )
    expect(counted).toEqual({ 'null-key': 2, 'null-value': 1 })
  })

  it('by a windowed aggregation: too late, once per window', async () => {
    const counted = await drops(
      (builder) =>
        stream(builder)
          .groupByKey()
          .windowedBy(tumbling({ sizeMs: 10, graceMs: 0 }))
          .count({ name: 'counts' }),
      [
        ['in', 'a', 'x', 30],
        ['in', 'a', 'x', 19],
        ['in', null, 'x', 40],
      ],
    )
    expect(counted).toEqual({ late: 1, 'null-key': 1 })
  })

  it('by a table, a repartition and joins', async () => {
    expect(await drops((builder) => builder.table('in', { name: 'rows', ...text }), [['in', null, 'x', 1]])).toEqual({ 'null-key': 1 })
    expect(await drops((builder) => stream(builder).repartition({ name: 'again' }).to('out'), [['in', null, 'x', 1]])).toEqual({
      'null-key': 1,
    })
    const joined = await drops(
      (builder) => {
        const table = builder.table('rows', { name: 'rows', ...text })
        const left = stream(builder)
        left.joinTable(table, plus, { name: 'with-row' })
        left.join(stream(builder, 'right'), plus, { name: 'pairs', window: joinWindow({ beforeMs: 1, afterMs: 1, graceMs: 0 }) })
      },
      [
        ['in', 'a', null, 1],
        ['in', null, 'x', 1],
      ],
    )
    expect(joined).toEqual({ 'null-key': 2, 'null-value': 2 })
  })
})
