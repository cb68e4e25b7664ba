import { describe, expect, it } from 'vitest'
import { Serdes, Stores } from '../../state/index.ts'
import { joinWindow, StreamsBuilder } from '../dsl/index.ts'
import { TopologyError } from './index.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const nothing = () => ({ process: () => undefined })

function problemsOf(describeTopology: (builder: StreamsBuilder) => void): readonly string[] {
  const builder = new StreamsBuilder()
  describeTopology(builder)
  try {
    builder.build()
  } catch (error) {
    if (error instanceof TopologyError) return error.problems
    throw error
  }
  return []
}

describe('validation of a topology', () => {
  it('lists every problem at once', () => {
    const problems = problemsOf((builder) => {
      const stream = builder.stream('in', text)
      builder.stream('in', { ...text, name: 'again' })
      stream.process(nothing, { name: 'worker', stores: ['nowhere'] })
      stream.map((value) => [value, value]).to('out')
      builder.addStateStore(Stores.keyValue({ name: 'idle', ...text }))
    })
    expect(problems).toEqual([
      '"worker" uses store "nowhere", which is not declared: pass its spec or call addStateStore',
      'store "idle" is declared but no processor uses it: name it in the processor\'s stores',
      'topic "in" is read by two sources: read it once and reuse that stream',
      'sink "to-out-1" has no serde for its key: pass { key: … }',
      'sink "to-out-1" has no serde for its value: pass { value: … }',
    ])
  })

  it('reports all problems in the message of one error with a stable code', () => {
    const builder = new StreamsBuilder()
    builder.stream([], text)
    expect(() => builder.build()).toThrow(
      expect.objectContaining({ code: 'TOPOLOGY_INVALID', message: expect.stringContaining('reads no topic') }),
    )
  })

  it('asks for a name if a changed key requires a repartition topic', () => {
    const problems = problemsOf((builder) => {
      builder
        .stream('in', text)
        .selectKey((value) => value, { key: Serdes.string, name: 'rekey' })
        .groupByKey()
        .count({ name: 'counts' })
    })
    expect(problems).toEqual(['"rekey" changes the key, so a repartition topic is needed downstream: give the grouping or join a name'])
  })

  it('needs no name if the key has not changed', () => {
    expect(problemsOf((builder) => builder.stream('in', text).filter(Boolean).groupByKey().count({ name: 'counts' }))).toEqual([])
  })

  it('asks for the serdes of a repartition topic and of a table if nothing upstream has them', () => {
    const problems = problemsOf((builder) => {
      builder
        .stream('in', text)
        .map((value) => [value, 1])
        .groupByKey({ name: 'by-value' })
        .reduce((sum, value) => sum + value, { name: 'sums' })
    })
    expect(problems).toEqual([
      '"sums" has no serde for its key: pass { key: … }',
      '"sums" has no serde for its value: pass { value: … }',
      'repartition "by-value" has no serde for its key: pass { key: … }',
      'repartition "by-value" has no serde for its value: pass { value: … }',
    ])
  })

  it('refuses two operators, or two stores, of the same name', () => {
    const problems = problemsOf((builder) => {
      const grouped = builder.stream('in', text).groupByKey()
      grouped.count({ name: 'same' })
      grouped.count({ name: 'same' })
    })
    expect(problems).toEqual([
      'two operators are called "same": rename one of them',
      'two different stores are called "same": rename one of them',
    ])
  })

  it('lets processors share one store spec', () => {
    const shared = Stores.keyValue({ name: 'shared', ...text })
    expect(
      problemsOf((builder) => {
        builder.stream('a', text).process(nothing, { name: 'one', stores: [shared] })
        builder.stream('b', text).process(nothing, { name: 'other', stores: [shared] })
      }),
    ).toEqual([])
  })

  it('refuses names that are invalid for topics', () => {
    expect(problemsOf((builder) => builder.stream('a topic', text).to('out/there'))).toEqual([
      'topic "a topic": a name must have 1 to 200 of the characters a-z A-Z 0-9 . _ -',
      'topic "out/there": a name must have 1 to 200 of the characters a-z A-Z 0-9 . _ -',
    ])
  })

  it('refuses an external topic with the name of an internal one', () => {
    const problems = problemsOf((builder) => {
      const stream = builder.stream('in', text)
      stream.groupByKey().count({ name: 'counts' })
      stream.to('counts-changelog')
    })
    expect(problems).toEqual(['topic "counts-changelog" has the name of an internal topic: rename one of them'])
  })

  it('refuses a join with a grace period if the table is not versioned', () => {
    const problems = problemsOf((builder) => {
      const table = builder.table('rows', { name: 'rows', ...text })
      builder.stream('in', text).joinTable(table, (value, row) => value + row, { name: 'looked-up', graceMs: 5 })
    })
    expect(problems).toEqual(['"looked-up" joins with a grace period, so its table must be versioned: set the table\'s historyMs'])
  })

  it('refuses a join of repartition topics with different fixed partition counts', () => {
    const problems = problemsOf((builder) => {
      const left = builder.stream('l', text).repartition({ name: 'left', partitions: 4 })
      const right = builder.stream('r', text).repartition({ name: 'right', partitions: 6 })
      const window = joinWindow({ beforeMs: 1, afterMs: 1, graceMs: 0 })
      left.join(right, (a, b) => a + b, { name: 'pairs', window })
    })
    expect(problems).toEqual(['joined topics must have the same number of partitions: left-repartition (4), right-repartition (6)'])
  })
})
