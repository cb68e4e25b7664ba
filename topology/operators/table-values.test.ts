import { describe, expect, it } from 'vitest'
import { Serdes } from '../../state/index.ts'
import type { KTable, StreamsBuilder } from '../dsl/index.ts'
import { drive } from './testing/drive.ts'

const text = { key: Serdes.string, value: Serdes.string } as const
const toOut = (table: KTable<string, string>) => table.toStream().to('out', { value: Serdes.string })

describe('a filtered or mapped table', () => {
  const steps = [
    ['in', 'a', 'yes', 1],
    ['in', 'a', 'no', 2],
    ['in', 'a', 'no again', 3],
    ['in', 'b', null, 4],
  ] as const
  const filtered = (materialize: 'always' | 'when-needed') => (builder: StreamsBuilder) =>
    toOut(builder.table('in', { name: 'rows', ...text, materialize }).filter((value) => value.startsWith('yes')))

  it('deletes a row that no longer passes, once, if old values are known', async () => {
    expect(await drive(filtered('always'), steps)).toEqual([
      ['a', 'yes', 1],
      ['a', null, 2],
    ])
  })

  it('deletes each time if nothing is stored', async () => {
    expect(await drive(filtered('when-needed'), steps)).toEqual([
      ['a', 'yes', 1],
      ['a', null, 2],
      ['a', null, 3],
      ['b', null, 4],
    ])
  })

  it('reads old values from its own store', async () => {
    const rows = await drive(
      (builder) =>
        toOut(
          builder
            .table('in', { name: 'rows', ...text, materialize: 'when-needed' })
            .mapValues((value) => (value === 'no' ? null : value.toUpperCase()), { name: 'upper', value: Serdes.string })
            .filter((value) => value !== 'HIDDEN'),
        ),
      [
        ['in', 'a', 'no', 1],
        ['in', 'a', 'hidden', 2],
        ['in', 'a', 'x', 3],
        ['in', 'a', 'no', 4],
        ['in', 'a', 'no', 5],
      ],
    )
    expect(rows).toEqual([
      ['a', 'X', 3],
      ['a', null, 4],
    ])
  })
})

describe('a stream read as a table', () => {
  it('holds the value that arrived last, whatever its timestamp', async () => {
    const rows = await drive(
      (builder) => {
        const table = builder.stream('rows', text).toTable({ name: 'rows' })
        builder
          .stream('in', text)
          .joinTable(table, (value, row) => `${value}+${row}`, { name: 'with-row', value: Serdes.string })
          .to('out')
      },
      [
        ['rows', 'a', 'new', 10],
        ['rows', 'a', 'old', 5],
        ['in', 'a', '1', 11],
      ],
    )
    expect(rows).toEqual([['a', '1+old', 11]])
  })
})
