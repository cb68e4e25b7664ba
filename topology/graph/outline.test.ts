import { describe, expect, it } from 'vitest'
import { Serdes, Stores, type Serde } from '../../state/index.ts'
import { StreamsBuilder, tumbling, type KStream } from '../dsl/index.ts'
import { compareOutlines } from './compare-outlines.ts'
import { isTopologyOutline, outlineOf, type TopologyOutline } from './outline.ts'

const TEXTS = { key: Serdes.string, value: Serdes.string }
const unnamed: Serde<string> = { serialize: (value) => Buffer.from(value), deserialize: (bytes) => Buffer.from(bytes).toString() }

type Input = KStream<string, string | null>

function outline(describeRest: (input: Input, builder: StreamsBuilder) => void): TopologyOutline {
  const builder = new StreamsBuilder()
  describeRest(builder.stream('in', TEXTS), builder)
  return outlineOf(builder.build())
}

const counting = (input: Input): void =>
  input
    .groupByKey()
    .count({ name: 'counts' })
    .toStream()
    .to('out', { ...TEXTS, value: Serdes.long })
const COUNTING = outline(counting)

describe('20.C12 Two topologies', () => {
  it('with the same names, kinds and formats are equal, whatever their functions do', () => {
    const one = outline((input) => counting(input.filter((value) => value === 'a', { name: 'some' })))
    const other = outline((input) => counting(input.filter((value) => value === 'b', { name: 'others' })))
    expect(one).toEqual(other)
    expect(one).toEqual(COUNTING)
  })

  it.each<{ readonly what: string; readonly other: (input: Input, builder: StreamsBuilder) => void }>([
    { what: 'a sink', other: (input) => (input.to('audit', TEXTS), counting(input)) },
    { what: 'a sink that is gone', other: (input) => void input.groupByKey().count({ name: 'counts' }) },
    { what: 'operators without a store', other: (input) => counting(input.filter(() => true).mapValues((value) => value)) },
  ])('that differ by $what are compatible', ({ other }) => {
    expect(compareOutlines(outline(other), COUNTING).incompatible).toEqual([])
    expect(compareOutlines(COUNTING, outline(other)).incompatible).toEqual([])
  })

  it.each<{
    readonly what: string
    readonly other: (input: Input, builder: StreamsBuilder) => void
    readonly differences: readonly string[]
  }>([
    {
      what: 'the kind of a store',
      other: (input) =>
        void input
          .groupByKey()
          .windowedBy(tumbling({ sizeMs: 60_000, graceMs: 0 }))
          .count({ name: 'counts' }),
      differences: ['store counts: window of 60000 ms (key string, value long) here, timestamped key-value (key string, value long) there'],
    },
    {
      what: 'the serde of a store',
      other: (input) =>
        void input.groupByKey().aggregate(
          () => '',
          (sum) => sum,
          { name: 'counts', value: Serdes.string },
        ),
      differences: [
        'store counts: timestamped key-value (key string, value string) here, timestamped key-value (key string, value long) there',
      ],
    },
    {
      what: 'the name of a store',
      other: (input) => void input.groupByKey().count({ name: 'totals' }),
      differences: ['store totals of sub-topology 0 is only here', 'store counts of sub-topology 0 is only there'],
    },
    {
      what: 'a changelog',
      other: (input) => void input.groupByKey().count({ name: 'counts', changelog: false }),
      differences: ['store counts: without a changelog here, with a changelog there'],
    },
    {
      what: 'a source topic',
      other: (input, builder) => counting(input.merge(builder.stream('more', TEXTS))),
      differences: ['sub-topology 0 reads in, more here, in there'],
    },
    {
      what: 'a sub-topology',
      other: (input, builder) => (counting(input), builder.stream('more', TEXTS).to('copy', TEXTS)),
      differences: ['sub-topology 1 is only here'],
    },
    {
      what: 'a repartition topic',
      other: (input) => void input.groupBy((value) => String(value), { name: 'by-value', ...TEXTS }).count({ name: 'counts' }),
      differences: [
        'store counts of sub-topology 0 is only there',
        'sub-topology 1 is only here',
        'repartition topic by-value-repartition is only here',
      ],
    },
  ])('that differ by $what are not, and the difference is named', ({ other, differences }) => {
    expect(compareOutlines(outline(other), COUNTING).incompatible.toSorted()).toEqual(differences.toSorted())
    expect(compareOutlines(COUNTING, outline(other)).incompatible).toHaveLength(differences.length)
  })

  it('that read a repartition topic with other serdes are not compatible', () => {
    const by = (value: Serde<string>) =>
      outline(
        (input) => void input.groupBy((text) => String(text), { name: 'by-value', key: Serdes.string, value }).count({ name: 'counts' }),
      )
    const json = by(Serdes.json<string>())
    expect(compareOutlines(json, by(Serdes.string)).incompatible).toEqual([
      'repartition topic by-value-repartition: repartition (key string, value json) here, repartition (key string, value string) there',
    ])
    expect(compareOutlines(json, by(unnamed)).incompatible).toEqual([])
  })

  it('are not compared where a serde does not name its format', () => {
    const stored = (value: Serde<string>) =>
      outline((input) => {
        const store = Stores.keyValue({ name: 'rows', key: Serdes.string, value })
        input.process(() => ({ process: () => undefined }), { name: 'writer', stores: [store] })
      })
    expect(compareOutlines(stored(unnamed), stored(Serdes.string)).incompatible).toEqual([])
    expect(compareOutlines(stored(Serdes.json<string>()), stored(Serdes.string)).incompatible).toHaveLength(1)
  })

  it('survive JSON, and no other object is taken for one', () => {
    expect(isTopologyOutline(JSON.parse(JSON.stringify(COUNTING)))).toBe(true)
    for (const value of [
      null,
      1,
      [],
      {},
      { ...COUNTING, digest: 1 },
      { ...COUNTING, subtopologies: [{}] },
      { ...COUNTING, repartitions: [1] },
    ])
      expect(isTopologyOutline(value)).toBe(false)
  })
})
