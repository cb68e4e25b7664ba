import { describe, expect, it } from 'vitest'
import type { LogRecord } from './committed-records.ts'
import { judgeState } from './judge-state.ts'
import type { LevelRow } from './level-rows.ts'
import type { StateCopy } from './state-copy.ts'

const TIME = 1_700_000_000_000

const record = (offset: number, key: string, value: string | null, timestamp = TIME): LogRecord => ({
  offset,
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  timestamp,
})
const double = (number: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(number)
  return bytes
}
const timed = (value: string): Buffer => Buffer.concat([double(TIME), Buffer.from(value)])
const row = (key: string, value: string | Buffer): LevelRow => ({ key: Buffer.from(key), value: Buffer.from(value) })

interface Copy {
  readonly instance?: string
  readonly rows: readonly LevelRow[]
  readonly position?: number
}

function judged(store: string, records: readonly LogRecord[], copies: readonly Copy[], copiesPerTask = 1): readonly string[] {
  const all = copies.map(({ instance = 'one', rows, position = 100 }): StateCopy => {
    return { instance, task: '1_0', stores: [store], positionOf: () => position, rowsOf: () => rows }
  })
  return judgeState({ copies: all, recordsOf: () => [records], copiesPerTask }).stateFaults
}

/** A is 1, then 2; B is 1, then deleted. */
const LOG = [record(0, 'a', '1'), record(2, 'b', '1'), record(4, 'a', '2'), record(6, 'b', null)]

describe('The judge of state', () => {
  it('accepts copies that match the changelog, with or without timestamps in the rows', () => {
    const copies = [{ rows: [row('a', '2')] }, { instance: 'two', rows: [row('a', timed('2'))] }]
    expect(judged('accounts', LOG, copies, 2)).toEqual([])
  })

  it.each<[string, readonly LevelRow[], string]>([
    ['a missing row', [], '1 rows are missing'],
    ['a row without a changelog record', [row('a', '2'), row('c', '1')], '1 are not in the changelog'],
    ['a row that was deleted', [row('a', '2'), row('b', '1')], '1 are not in the changelog'],
    ['an outdated row', [row('a', '1')], '1 have another value, first key: a'],
    ['a row with another timestamp', [row('a', Buffer.concat([double(TIME + 1), Buffer.from('2')]))], '1 have another value'],
  ])('finds %s', (_, rows, fault) => {
    expect(judged('accounts', LOG, [{ rows }]).join()).toContain(fault)
  })

  it('compares an outdated copy with the changelog up to its own position', () => {
    const current = { rows: [row('a', '2')] }
    const former = { instance: 'two', rows: [row('a', '1'), row('b', '1')], position: 3 }
    expect(judged('accounts', LOG, [current, former])).toEqual([])
    expect(judged('accounts', LOG, [current, { ...former, rows: [row('a', '2'), row('b', '1')] }]).join()).toContain('task 1_0 on two')
  })

  it('requires enough up-to-date copies of each task', () => {
    const behind = { instance: 'two', rows: [row('a', '2'), row('b', '1')], position: 5 }
    expect(judged('accounts', LOG, [{ rows: [row('a', '2')] }, behind], 2)).toEqual(['task 1_0 has 1 up-to-date copies instead of 2'])
  })

  describe('of windows', () => {
    const suffix = (start: number, sequence = 0): Buffer => {
      const bytes = Buffer.alloc(12)
      bytes.writeBigInt64BE(BigInt(start))
      bytes.writeUInt32BE(sequence, 8)
      return bytes
    }
    const windowed = (offset: number, start: number, value: string): LogRecord => ({
      ...record(offset, '', value),
      key: Buffer.concat([Buffer.from('a'), suffix(start)]),
    })
    const entry = (start: number, value: string): Buffer => {
      const sequenceTimeAndLength = Buffer.alloc(16)
      sequenceTimeAndLength.writeDoubleBE(TIME, 4)
      sequenceTimeAndLength.writeUInt32BE(value.length, 12)
      return Buffer.concat([double(start), sequenceTimeAndLength, Buffer.from(value)])
    }
    const block = (...entries: readonly Buffer[]): LevelRow => ({
      key: Buffer.concat([Buffer.of(1), Buffer.alloc(8), Buffer.from('a')]),
      value: Buffer.concat(entries),
    })
    const head: LevelRow = { key: Buffer.of(0), value: Buffer.from('{}') }

    it('decodes windows from their blocks', () => {
      const log = [windowed(0, TIME, 'x'), windowed(1, TIME + 60_000, 'y')]
      const rows = [head, block(entry(TIME, 'x'), entry(TIME + 60_000, 'y'))]
      expect(judged('turnover-by-minute', log, [{ rows }])).toEqual([])
      expect(judged('turnover-by-minute', log, [{ rows: [head, block(entry(TIME, 'x'))] }]).join()).toContain('1 rows are missing')
    })

    it('ignores expired windows', () => {
      const log = [windowed(0, TIME, 'x'), windowed(1, TIME + 30_001, 'y')]
      expect(judged('transfers-in-flight-left', log, [{ rows: [head, block(entry(TIME + 30_001, 'y'))] }])).toEqual([])
    })
  })

  describe('of versions', () => {
    const latest = (key: string, time: number, value: string): LevelRow => {
      const middle = Buffer.alloc(8)
      middle.writeUInt32BE(1, 4)
      return { key: Buffer.concat([Buffer.of(1), Buffer.from(key)]), value: Buffer.concat([double(time), middle, Buffer.from(value)]) }
    }
    const span = (from: number, to: number, value: string): Buffer => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(value.length)
      return Buffer.concat([double(from), double(to), length, Buffer.from(value)])
    }
    const history = (key: string, ...spans: readonly Buffer[]): LevelRow => ({
      key: Buffer.concat([Buffer.of(2), Buffer.alloc(8), Buffer.from(key)]),
      value: Buffer.concat(spans),
    })
    const log = [record(0, 'a', '1', 10), record(1, 'a', '2', 20), record(2, 'a', '3', 20)]

    it('decodes the latest and earlier versions', () => {
      expect(judged('balances', log, [{ rows: [latest('a', 20, '3'), history('a', span(10, 20, '1'))] }])).toEqual([])
    })

    it('finds a missing version, and one with the wrong value', () => {
      expect(judged('balances', log, [{ rows: [latest('a', 20, '3')] }]).join()).toContain('1 rows are missing')
      const rows = [latest('a', 20, '2'), history('a', span(10, 20, '1'))]
      expect(judged('balances', log, [{ rows }]).join()).toContain('1 have another value')
    })
  })
})
