import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import { hopping, tumbling } from '../dsl/index.ts'
import type { StreamsBuilder, TimeWindows } from '../dsl/index.ts'
import { drive } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const

const counting = (windows: TimeWindows) => (builder: StreamsBuilder) =>
  builder.stream('in', text).groupByKey().windowedBy(windows).count({ name: 'counts' }).toStream().to('out')

const window = (key: string, start: number, end: number) => ({ key, start, end })

describe('aggregation by key and window', () => {
  it('adds a record to its tumbling window: start inclusive, end exclusive', async () => {
    const rows = await drive(counting(tumbling({ sizeMs: 10, graceMs: 100 })), [
      ['in', 'a', 'x', 0],
      ['in', 'a', 'x', 9],
      ['in', 'a', 'x', 10],
    ])
    expect(rows).toEqual([
      [window('a', 0, 10), 1, 0],
      [window('a', 0, 10), 2, 9],
      [window('a', 10, 20), 1, 10],
    ])
  })

  it('adds a record to every hopping window that covers it, the earliest first', async () => {
    const rows = await drive(counting(hopping({ sizeMs: 10, advanceMs: 4, graceMs: 0 })), [['in', 'a', 'x', 9]])
    expect(rows).toEqual([
      [window('a', 0, 10), 1, 9],
      [window('a', 4, 14), 1, 9],
      [window('a', 8, 18), 1, 9],
    ])
  })

  it('accepts a late record until stream time has passed the end of its window by the grace', async () => {
    const windows = counting(tumbling({ sizeMs: 10, graceMs: 5 }))
    const late = [window('a', 0, 10), 1, 3]
    expect(
      await drive(windows, [
        ['in', 'b', 'x', 14],
        ['in', 'a', 'x', 3],
      ]),
    ).toContainEqual(late)
    expect(
      await drive(windows, [
        ['in', 'b', 'x', 15],
        ['in', 'a', 'x', 3],
      ]),
    ).not.toContainEqual(late)
  })

  it('accepts a late record in those of its hopping windows that are still open', async () => {
    const rows = await drive(counting(hopping({ sizeMs: 10, advanceMs: 5, graceMs: 0 })), [
      ['in', 'b', 'x', 14],
      ['in', 'a', 'x', 9],
    ])
    expect(rows.filter(([key]) => (key as { key: string }).key === 'a')).toEqual([[window('a', 5, 15), 1, 9]])
  })

  it('counts records without a value, and drops those without a key', async () => {
    const rows = await drive(counting(tumbling({ sizeMs: 10, graceMs: 0 })), [
      ['in', 'a', null, 1],
      ['in', null, 'x', 2],
    ])
    expect(rows).toEqual([[window('a', 0, 10), 1, 1]])
  })

  it('with emit on close, emits each window when it has closed, by start and then by key', async () => {
    const rows = await drive(
      (builder) =>
        builder
          .stream('in', text)
          .groupByKey()
          .windowedBy(tumbling({ sizeMs: 10, graceMs: 5 }), { emit: 'close' })
          .count({ name: 'counts' })
          .toStream()
          .to('out'),
      [
        ['in', 'b', 'x', 3],
        ['in', 'a', 'x', 4],
        ['in', 'b', 'x', 14],
        ['in', 'b', 'late, but in time', 5],
        ['in', 'c', 'closes the first', 15],
        ['in', 'a', 'too late', 9],
        ['in', 'c', 'closes nothing', 16],
      ],
    )
    expect(rows).toEqual([
      [window('a', 0, 10), 1, 4],
      [window('b', 0, 10), 2, 5],
    ])
  })
})
