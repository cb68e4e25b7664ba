import { describe, expect, it } from 'vitest'
import { rowOf } from '../testing/fake-api.ts'
import { changeOf, cutAtGap, findGap, mergeRows } from './rows.ts'
import type { Rows } from './rows.ts'

const sequences = (rows: Rows) => rows.map(({ sequence }) => sequence)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => rowOf(from + index))

describe('The rows of an account', () => {
  it('are newest first, whatever their order of arrival', () => {
    expect(sequences(mergeRows(mergeRows([], [rowOf(2), rowOf(1)]), [rowOf(4), rowOf(3)]))).toEqual([4, 3, 2, 1])
  })

  it('contain each row once, even if one batch contains it twice', () => {
    const rows = mergeRows([], [rowOf(1), rowOf(2), rowOf(1)])
    expect(sequences(rows)).toEqual([2, 1])
    expect(mergeRows(rows, [rowOf(2), rowOf(1)])).toBe(rows)
  })

  it('are bounded: the oldest are removed', () => {
    expect(sequences(mergeRows(range(1, 5), range(4, 8), 4))).toEqual([8, 7, 6, 5])
  })

  it('are the same wherever a stream is cut and resumes with an overlap', () => {
    for (let cut = 0; cut <= 12; cut += 1) {
      for (let overlap = 0; overlap <= cut; overlap += 1) {
        const rows = mergeRows(mergeRows([], range(1, cut)), range(cut - overlap + 1, 12))
        expect(sequences(rows)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
      }
    }
  })

  it('reveal missing rows', () => {
    expect(findGap([])).toBeUndefined()
    expect(findGap(mergeRows([], range(3, 9)))).toBeUndefined()
    const rows = mergeRows([], [...range(1, 3), ...range(7, 8), ...range(10, 11)])
    expect(findGap(rows)).toEqual({ before: 'row-10', missing: 1 })
    expect(findGap(mergeRows(rows, range(9, 9)))).toEqual({ before: 'row-7', missing: 3 })
    expect(sequences(cutAtGap(rows))).toEqual([11, 10])
    expect(cutAtGap(range(1, 1))).toEqual(range(1, 1))
  })

  it('lower or raise the balance', () => {
    expect(changeOf(rowOf(1, { direction: 'DEBIT', amount: '115' }))).toBe(-115n)
    expect(changeOf(rowOf(1, { amount: '100000000000000000' }))).toBe(10n ** 17n)
  })
})
