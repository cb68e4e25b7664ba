import { describe, expect, it } from 'vitest'
import { Serdes, Stores } from '../../state/index.ts'
import { joinWindow, StreamsBuilder } from '../dsl/index.ts'
import { TopologyError } from './index.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const nothing = () => ({ process: () => undefined })

function problemsOf(draw: (builder: StreamsBuilder) => void): readonly string[] {
  const builder = new StreamsBuilder()
  draw(builder)
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
      '"worker" uses store "nowhere", which nobody adds: pass its spec, or addStateStore it',
      'store "idle" is added but no processor uses it: name it in the processor\'s stores',
      'topic "in" is read by two sources: read it once and use that stream twice',
      'sink "to-out-1" has no serde for its key: pass { key: … }',
      'sink "to-out-1" has no serde for its value: pass { value: … }',
    ])
  })

  it('says them all in the message of one error with a stable code', () => {
    const builder = new StreamsBuilder()
    builder.stream([], text)
    expect(() => builder.build()).toThrow(
      expect.objectContaining({ code: 'TOPOLOGY_INVALID', message: expect.stringContaining('reads no topic') }),
    )
  })

  it('asks for a name where a changed key needs a repartition topic', () => {
    const problems = problemsOf((builder) => {
      builder
        .stream('in', text)
        .selectKey((value) => value, { key: Serdes.string, name: 'rekey' })
        .groupByKey()
        .count({ name: 'counts' })
    })
    expect(problems).toEqual(['behind "rekey" the key has changed, so a repartition topic is needed: give the grouping or join a name'])
  })

  it('wants no name where the key has not changed', () => {
    expect(problemsOf((builder) => builder.stream('in', text).filter(Boolean).groupByKey().count({ name: 'counts' }))).toEqual([])
  })

  it('asks for the serdes of a repartition topic and of a table that nothing above tells', () => {
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
      'the repartition "by-value" has no serde for its key: pass { key: … }',
      'the repartition "by-value" has no serde for its value: pass { value: … }',
    ])
  })

  it('refuses two operators, or two stores, of one name', () => {
    const problems = problemsOf((builder) => {
      const grouped = builder.stream('in', text).groupByKey()
      grouped.count({ name: 'same' })
      grouped.count({ name: 'same' })
    })
    expect(problems).toEqual([
      'two operators are called "same": give one of them another name',
      'two different stores are called "same": give one of them another name',
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

  it('refuses names that no topic can have', () => {
    expect(problemsOf((builder) => builder.stream('a topic', text).to('out/there'))).toEqual([
      'topic "a topic": a name has 1 to 200 of the characters a-z A-Z 0-9 . _ -',
      'topic "out/there": a name has 1 to 200 of the characters a-z A-Z 0-9 . _ -',
    ])
  })

  it('refuses an outside topic with the name of an internal one', () => {
    const problems = problemsOf((builder) => {
      const stream = builder.stream('in', text)
      stream.groupByKey().count({ name: 'counts' })
      stream.to('counts-changelog')
    })
    expect(problems).toEqual(['topic "counts-changelog" has the name of an internal topic: rename one of them'])
  })

  it('refuses a join within a grace whose table keeps no history', () => {
    const problems = problemsOf((builder) => {
      const table = builder.table('rows', { name: 'rows', ...text })
      builder.stream('in', text).joinTable(table, (value, row) => value + row, { name: 'looked-up', graceMs: 5 })
    })
    expect(problems).toEqual(['"looked-up" joins within a grace, so its table must keep its history: give the table historyMs'])
  })

  it('refuses a join of repartition topics whose numbers of partitions are fixed and differ', () => {
    const problems = problemsOf((builder) => {
      const left = builder.stream('l', text).repartition({ name: 'left', partitions: 4 })
      const right = builder.stream('r', text).repartition({ name: 'right', partitions: 6 })
      const window = joinWindow({ beforeMs: 1, afterMs: 1, graceMs: 0 })
      left.join(right, (a, b) => a + b, { name: 'pairs', window })
    })
    expect(problems).toEqual([
      'these topics are joined and need the same number of partitions: left-repartition (4), right-repartition (6)',
    ])
  })
})
