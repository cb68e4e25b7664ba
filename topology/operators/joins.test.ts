import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { joinWindow } from '../dsl/index.ts'
import type { JoinWindows, StreamsBuilder } from '../dsl/index.ts'
import { drive } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const plus = (left: string | null, right: string | null) => `${left}+${right}`

describe('a join of a stream with a table', () => {
  const lookup = (type: 'inner' | 'left') => (builder: StreamsBuilder) => {
    const table = builder.table('rows', { name: 'rows', ...text })
    const stream = builder.stream('in', text)
    const options = { name: 'looked-up', value: Serdes.string }
    const joined = type === 'left' ? stream.leftJoinTable(table, plus, options) : stream.joinTable(table, plus, options)
    joined.to('out')
  }

  it('uses the row that is current when the record arrives', async () => {
    const rows = await drive(lookup('inner'), [
      ['in', 'a', '1', 10],
      ['rows', 'a', 'r1', 20],
      ['in', 'a', '2', 5],
      ['rows', 'a', null, 21],
      ['in', 'a', '3', 30],
    ])
    expect(rows).toEqual([['a', '2+r1', 5]])
  })

  it('as a left join emits records without a row, but none without a value', async () => {
    const rows = await drive(lookup('left'), [
      ['in', 'a', '1', 10],
      ['in', 'a', null, 11],
      ['in', null, '2', 12],
    ])
    expect(rows).toEqual([
      ['a', '1+null', 10],
      [null, '2+null', 12],
    ])
  })

  it('reads a filtered table through the store upstream of the filter', async () => {
    const rows = await drive(
      (builder) => {
        const table = builder.table('rows', { name: 'rows', ...text, materialize: 'when-needed' }).filter((row) => row !== 'hidden')
        builder.stream('in', text).leftJoinTable(table, plus, { name: 'looked-up', value: Serdes.string }).to('out')
      },
      [
        ['rows', 'a', 'hidden', 1],
        ['rows', 'b', 'shown', 1],
        ['in', 'a', '1', 2],
        ['in', 'b', '1', 2],
      ],
    )
    expect(rows).toEqual([
      ['a', '1+null', 2],
      ['b', '1+shown', 2],
    ])
  })
})

describe('a join with a global table', () => {
  it('looks up a key computed from the record', async () => {
    const rows = await drive(
      (builder) => {
        const table = builder.globalTable('rows', { name: 'rows', ...text })
        builder
          .stream('in', text)
          .joinGlobalTable(table, (value) => value, plus, { value: Serdes.string })
          .to('out')
      },
      [
        ['rows', 'x', 'row', 1],
        ['in', 'a', 'x', 2],
        ['in', 'a', 'y', 3],
      ],
    )
    expect(rows).toEqual([['a', 'x+row', 2]])
  })
})

describe('a join of two streams', () => {
  const joined =
    (type: 'inner' | 'left' | 'outer', window: JoinWindows) =>
    (builder: StreamsBuilder): void => {
      const [left, right] = [builder.stream('left', text), builder.stream('right', text)]
      const options = { name: 'pairs', window: joinWindow(window), value: Serdes.string }
      if (type === 'inner') left.join(right, plus, options).to('out')
      else if (type === 'left') left.leftJoin(right, plus, options).to('out')
      else left.outerJoin(right, plus, options).to('out')
    }

  it('pairs records within the window, both ends inclusive, with the later timestamp', async () => {
    const rows = await drive(joined('inner', { beforeMs: 5, afterMs: 10, graceMs: 0 }), [
      ['right', 'a', 'too early', 94],
      ['right', 'a', 'earliest', 95],
      ['left', 'a', 'l', 100],
      ['right', 'a', 'latest', 110],
      ['right', 'a', 'too late', 111],
    ])
    expect(rows).toEqual([
      ['a', 'l+earliest', 100],
      ['a', 'l+latest', 110],
    ])
  })

  it('pairs a record with all partners of the same key and time, in order of arrival', async () => {
    const rows = await drive(joined('inner', { beforeMs: 5, afterMs: 5, graceMs: 0 }), [
      ['right', 'a', 'r1', 1],
      ['right', 'a', 'r1', 1],
      ['right', 'b', 'other', 1],
      ['left', 'a', 'l', 2],
    ])
    expect(rows).toEqual([
      ['a', 'l+r1', 2],
      ['a', 'l+r1', 2],
    ])
  })

  it('joins a late record within the grace period, not after it', async () => {
    const window = { beforeMs: 10, afterMs: 10, graceMs: 20 }
    const late = (streamTime: number) =>
      drive(joined('inner', window), [
        ['right', 'a', 'r', 100],
        ['right', 'b', 'moves time', streamTime],
        ['left', 'a', 'l', 100],
      ])
    expect(await late(139)).toEqual([['a', 'l+r', 100]])
    expect(await late(140)).toEqual([])
  })

  it('as a left join emits unmatched left records once their window and grace have passed', async () => {
    const rows = await drive(joined('left', { beforeMs: 10, afterMs: 10, graceMs: 5 }), [
      ['left', 'a', 'alone', 100],
      ['left', 'a', 'alone too', 100],
      ['left', 'b', 'met', 101],
      ['right', 'b', 'r', 105],
      ['left', 'c', 'edge', 115],
      ['left', 'c', 'beyond', 116],
    ])
    expect(rows).toEqual([
      ['b', 'met+r', 105],
      ['a', 'alone+null', 100],
      ['a', 'alone too+null', 100],
    ])
  })

  it('as a left join emits a left record that arrives after its window at once', async () => {
    const rows = await drive(joined('left', { beforeMs: 1, afterMs: 1, graceMs: 100 }), [
      ['right', 'a', 'r', 100],
      ['left', 'a', 'late', 50],
    ])
    expect(rows).toEqual([['a', 'late+null', 50]])
  })

  it('as an outer join emits unmatched records of both sides', async () => {
    const rows = await drive(joined('outer', { beforeMs: 1, afterMs: 1, graceMs: 0 }), [
      ['left', 'a', 'l', 10],
      ['right', 'b', 'r', 10],
      ['left', 'c', 'moves time', 20],
    ])
    expect(rows).toEqual([
      ['b', 'null+r', 10],
      ['a', 'l+null', 10],
    ])
  })

  it('as a left join emits a left record without a key, and drops records without a value', async () => {
    const rows = await drive(joined('left', { beforeMs: 1, afterMs: 1, graceMs: 0 }), [
      ['left', null, 'l', 1],
      ['right', null, 'r', 1],
      ['left', 'a', null, 1],
    ])
    expect(rows).toEqual([[null, 'l+null', 1]])
  })
})
