import { describe, expect, expectTypeOf, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import type { Windowed } from '../../state/index.ts'
import { joinWindow, StreamsBuilder, tumbling } from './index.ts'
import type { KGroupedStream, KStream, KTable } from './index.ts'

const text = { key: Serdes.string, value: Serdes.string } as const

describe('types of the DSL', () => {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', text)

  it('include null, because a record may have no value', () => {
    expectTypeOf(stream).toEqualTypeOf<KStream<string, string | null>>()
    expectTypeOf(builder.table('rows', { name: 'rows', ...text }).toStream()).toEqualTypeOf<KStream<string, string | null>>()
  })

  it('narrow with the predicate of a filter and of a branch', () => {
    expectTypeOf(stream.filter((value) => value !== null)).toEqualTypeOf<KStream<string, string>>()
    const { deleted, present } = stream
      .split()
      .branch('deleted', (value) => value === null)
      .defaultBranch('present')
    expectTypeOf(deleted).toEqualTypeOf<KStream<string, null>>()
    expectTypeOf(present).toEqualTypeOf<KStream<string, string>>()
  })

  it('follow keys and values through the operators', () => {
    expectTypeOf(stream.mapValues((value) => value?.length ?? 0)).toEqualTypeOf<KStream<string, number>>()
    expectTypeOf(stream.map((value, key) => [key.length, value])).toEqualTypeOf<KStream<number, string | null>>()
    expectTypeOf(stream.flatMapValues((value) => [...(value ?? '')])).toEqualTypeOf<KStream<string, string>>()
    expectTypeOf(stream.merge(builder.stream('numbers', { key: Serdes.string, value: Serdes.long }))).toEqualTypeOf<
      KStream<string, string | number | null>
    >()
    expectTypeOf(stream.groupBy((value) => value, { name: 'by-value' })).toEqualTypeOf<KGroupedStream<string, string | null>>()
    expectTypeOf(stream.groupByKey().count({ name: 'counts' })).toEqualTypeOf<KTable<string, number>>()
    expectTypeOf(
      stream
        .groupByKey()
        .windowedBy(tumbling({ sizeMs: 10, graceMs: 0 }))
        .count({ name: 'windowed' }),
    ).toEqualTypeOf<KTable<Windowed<string>, number>>()
  })

  it('refuse a serde of another type', () => {
    // @ts-expect-error text is no number
    stream.to('out', { value: Serdes.long })
    // @ts-expect-error keys are text
    stream.groupByKey({ key: Serdes.long })
    const grouped = stream.groupByKey()
    // @ts-expect-error the aggregate is text
    grouped.aggregate<string>(String, String, { name: 'texts', value: Serdes.long })
    // @ts-expect-error the mapper gives numbers
    stream.mapValues(() => 1, { value: Serdes.string })
  })

  it('require a name for stores and repartition topics', () => {
    // @ts-expect-error a store needs a name
    stream.groupByKey().count({})
    // @ts-expect-error a repartition topic needs a name
    stream.groupBy((value) => value, { key: Serdes.string })
    // @ts-expect-error a repartition topic needs a name
    stream.repartition({})
    // @ts-expect-error a table needs a name
    builder.table('rows', text)
    // @ts-expect-error a join needs a name
    stream.join(stream, (left, right) => left + right, { window: joinWindow({ beforeMs: 1, afterMs: 1, graceMs: 0 }) })
  })

  it('refuse a join with a table that has another key type', () => {
    const numbered = builder.table('numbered', { name: 'numbered', key: Serdes.long, value: Serdes.string })
    // @ts-expect-error its keys are numbers
    stream.joinTable(numbered, (value, row) => value + row, { name: 'looked-up' })
    expect(numbered).toBeDefined()
  })

  it('pass null for a missing partner to a left join, never to an inner join', () => {
    const table = builder.table('owners', { name: 'owners', ...text })
    stream.joinTable(
      table,
      (value, row) => {
        expectTypeOf(value).toEqualTypeOf<string>()
        expectTypeOf(row).toEqualTypeOf<string>()
      },
      { name: 'inner' },
    )
    stream.leftJoinTable(table, (_, row) => expectTypeOf(row).toEqualTypeOf<string | null>(), { name: 'left' })
  })
})

describe('windows', () => {
  it('refuse invalid sizes', () => {
    expect(() => tumbling({ sizeMs: 0, graceMs: 0 })).toThrow(RangeError)
    expect(() => tumbling({ sizeMs: 1.5, graceMs: 0 })).toThrow(RangeError)
    expect(() => tumbling({ sizeMs: 10, graceMs: -1 })).toThrow(RangeError)
    expect(() => joinWindow({ beforeMs: -5, afterMs: 4, graceMs: 0 })).toThrow(RangeError)
  })

  it('of a join may be entirely before or after the record', () => {
    expect(joinWindow({ beforeMs: -4, afterMs: 10, graceMs: 0 })).toEqual({ beforeMs: -4, afterMs: 10, graceMs: 0 })
  })
})
