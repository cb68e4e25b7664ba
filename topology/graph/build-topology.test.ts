import { describe, expect, it } from 'vitest'
import { Serdes, Stores } from '../../state/index.ts'
import { StreamsBuilder } from '../dsl/index.ts'
import type { KTable } from '../dsl/index.ts'
import type { Topology } from './index.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const nothing = () => ({ process: () => undefined })

describe('a built topology', () => {
  const build = (describeTopology: (builder: StreamsBuilder) => void): Topology => {
    const builder = new StreamsBuilder()
    describeTopology(builder)
    return builder.build()
  }

  it('does not change when its builder is used further', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', text)
    stream.to('one')
    const first = builder.build()
    stream.to('two')
    expect(first.subtopologies[0]?.nodes).toHaveLength(2)
    expect(builder.build().subtopologies[0]?.nodes).toHaveLength(3)
  })

  it('names the co-partitioned topics, and gives the repartition topic as many partitions as the topic it is joined with', () => {
    const topology = build((builder) => {
      const table = builder.table('rows', { name: 'rows', ...text })
      builder
        .stream('in', text)
        .selectKey((value) => value, { key: Serdes.string })
        .joinTable(table, (value, row) => value + row, { name: 'looked-up' })
    })
    expect(topology.copartitioned).toEqual([['looked-up-repartition', 'rows']])
    expect(topology.internalTopics.find(({ kind }) => kind === 'repartition')).toMatchObject({
      name: 'looked-up-repartition',
      partitions: { asLargestOf: ['rows'] },
    })
  })

  it('gives a repartition topic that is not joined as many partitions as the largest topic upstream', () => {
    const topology = build((builder) => {
      builder
        .stream(['a', 'b'], text)
        .groupBy((value) => value, { name: 'by-value', key: Serdes.string })
        .count({ name: 'counts' })
    })
    expect(topology.internalTopics).toMatchObject([
      { name: 'by-value-repartition', kind: 'repartition', partitions: { asLargestOf: ['a', 'b'] } },
      { name: 'counts-changelog', kind: 'changelog', partitions: { asLargestOf: ['by-value-repartition'] } },
    ])
  })

  it('puts nodes that share a store into one sub-topology, and separates others', () => {
    const shared = Stores.keyValue({ name: 'shared', ...text })
    const topology = build((builder) => {
      builder.stream('a', text).process(nothing, { name: 'one', stores: [shared] })
      builder.stream('b', text).to('out')
      builder.stream('c', text).process(nothing, { name: 'other', stores: [shared] })
    })
    expect(topology.subtopologies.map(({ sourceTopics }) => sourceTopics)).toEqual([['a', 'c'], ['b']])
  })

  it('does not merge sub-topologies that only share a global table', () => {
    const topology = build((builder) => {
      const table = builder.globalTable('rows', { name: 'rows', ...text })
      for (const topic of ['a', 'b']) {
        builder.stream(topic, text).joinGlobalTable(
          table,
          (_, key) => key,
          (value, row) => value + row,
        )
      }
    })
    expect(topology.subtopologies).toHaveLength(2)
    expect(topology.globalStores.map(({ topic }) => topic)).toEqual(['rows'])
    expect(topology.internalTopics).toEqual([])
  })

  it('creates one repartition topic for all aggregations of one grouping', () => {
    const topology = build((builder) => {
      const grouped = builder.stream('in', text).groupBy((value) => value, { name: 'by-value', key: Serdes.string })
      grouped.count({ name: 'counts' })
      grouped.reduce((a, b) => a + b, { name: 'texts' })
    })
    expect(topology.internalTopics.filter(({ kind }) => kind === 'repartition')).toHaveLength(1)
    expect(topology.subtopologies).toHaveLength(2)
  })

  it('stores a when-needed table source only if it is needed', () => {
    const stored = (use: (table: KTable<string, string>, builder: StreamsBuilder) => void) =>
      build((builder) => {
        const table = builder.table('rows', { name: 'rows', ...text, materialize: 'when-needed' })
        use(table, builder)
      }).subtopologies.flatMap(({ stores }) => stores.map(({ name }) => name))
    expect(stored((table) => table.toStream().to('out'))).toEqual([])
    expect(stored((table) => table.filter(Boolean).toStream().to('out'))).toEqual([])
    expect(stored((table, builder) => builder.stream('in', text).joinTable(table.filter(Boolean), String, { name: 'looked-up' }))).toEqual([
      'rows',
    ])
  })

  it('describes itself', () => {
    const topology = build((builder) => {
      const owners = builder.globalTable('owners', { name: 'owner-by-account', ...text })
      const accounts = builder.table('accounts', { name: 'accounts', ...text })
      const moves = builder.stream('moves', text)
      const { large, small } = moves
        .filter((value) => value !== null)
        .split({ name: 'size' })
        .branch('large', (value) => value.length > 10)
        .defaultBranch('small')
      large
        .selectKey((value) => value, { key: Serdes.string })
        .leftJoinTable(accounts, (value, account) => `${value} ${account ?? ''}`, { name: 'with-account', value: Serdes.string })
        .leftJoinGlobalTable(
          owners,
          (_, key) => key,
          (value, owner) => `${value} ${owner ?? ''}`,
          { value: Serdes.string },
        )
        .to('large-moves')
      small
        .groupBy((value) => value, { name: 'by-text', key: Serdes.string })
        .count({ name: 'counts' })
        .toStream()
        .to(({ key }) => `counts-of-${key}`)
    })
    expect(topology.describe()).toMatchInlineSnapshot(`
      "Topologies:
        Sub-topology: 0
          Source: accounts-source (topics: [accounts])
            --> accounts
          Processor: accounts (stores: [accounts])
            --> none
            <-- accounts-source
          Source: with-account-repartition (topics: [with-account-repartition])
            --> with-account
          Processor: with-account (stores: [accounts])
            --> joinGlobalTable-1
            <-- with-account-repartition
          Processor: joinGlobalTable-1 (stores: [owner-by-account])
            --> to-large-moves-1
            <-- with-account
          Sink: to-large-moves-1 (topic: large-moves)
            <-- joinGlobalTable-1
        Sub-topology: 1
          Source: in-moves (topics: [moves])
            --> filter-1
          Processor: filter-1 (stores: [])
            --> size
            <-- in-moves
          Processor: size (stores: [])
            --> size-large, size-small
            <-- filter-1
          Processor: size-large (stores: [])
            --> selectKey-1
            <-- size
          Processor: size-small (stores: [])
            --> by-text-key
            <-- size
          Processor: selectKey-1 (stores: [])
            --> with-account-repartition-sink
            <-- size-large
          Sink: with-account-repartition-sink (topic: with-account-repartition)
            <-- selectKey-1
          Processor: by-text-key (stores: [])
            --> by-text-repartition-filter
            <-- size-small
          Processor: by-text-repartition-filter (stores: [])
            --> by-text-repartition-sink
            <-- by-text-key
          Sink: by-text-repartition-sink (topic: by-text-repartition)
            <-- by-text-repartition-filter
        Sub-topology: 2
          Source: by-text-repartition (topics: [by-text-repartition])
            --> counts
          Processor: counts (stores: [counts])
            --> toStream-1
            <-- by-text-repartition
          Processor: toStream-1 (stores: [])
            --> to-1
            <-- counts
          Sink: to-1 (topic: chosen per record)
            <-- toStream-1
        Global store: owner-by-account (topic: owners)
      "
    `)
  })
})
