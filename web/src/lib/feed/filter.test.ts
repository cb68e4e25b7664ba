import { describe, expect, it } from 'vitest'
import { rowOf } from '../testing/fake-api.ts'
import { filterRows, isFiltering, NO_FILTER } from './filter.ts'
import type { FilterForm } from './filter.ts'

const rows = [
  rowOf(4, { amount: '100000000000000001', description: 'Initial funds' }),
  rowOf(3, { amount: '115', direction: 'DEBIT', description: 'Coffee (large) 100% [x]', counterparty: 'NL91ABNA0417164300' }),
  rowOf(2, { amount: '1250', description: 'Lunch', changedBy: 'bob-jones' }),
  rowOf(1, { amount: '1250', direction: 'DEBIT', description: 'lunch again' }),
]
const passing = (form: Partial<FilterForm>) => filterRows(rows, { ...NO_FILTER, ...form }).rows.map(({ sequence }) => sequence)

describe('filters that throw or never match', () => {
  it.each<[string, Partial<FilterForm>, readonly number[]]>([
    ['nothing', {}, [4, 3, 2, 1]],
    ['a direction', { direction: 'DEBIT' }, [3, 1]],
    ['a minimum amount, inclusive', { minAmount: '12,50' }, [4, 2, 1]],
    ['a maximum amount, inclusive', { maxAmount: '12.50' }, [3, 2, 1]],
    ['equal bounds', { minAmount: '12,5', maxAmount: '12,50' }, [2, 1]],
    ['an amount beyond 2^53', { minAmount: '10 000 000 000 000' }, [4]],
    ['text in any case', { text: 'LUNCH' }, [2, 1]],
    ['several words in different fields', { text: 'lunch bob' }, [2]],
    ['a counterparty', { text: 'ABNA' }, [3]],
    ['regular-expression characters', { text: '(large) 100% [x]' }, [3]],
    ['a lone bracket', { text: '(' }, [3]],
    ['spaces', { text: '   ' }, [4, 3, 2, 1]],
    ['all fields at once', { text: 'lunch', direction: 'CREDIT', minAmount: '1', maxAmount: '20' }, [2]],
  ])('by %s', (_, form, expected) => {
    expect(passing(form)).toEqual(expected)
  })

  it.each(['abc', '1.2.3', '-', '12,', '€'])('a half-typed amount (“%s”) filters nothing', (text) => {
    expect(passing({ minAmount: text, maxAmount: text })).toEqual([4, 3, 2, 1])
  })

  it('a bound of zero filters nothing and is not a problem', () => {
    expect(filterRows(rows, { ...NO_FILTER, minAmount: '0', maxAmount: '0,0' })).toEqual({ rows, problems: {} })
  })

  it('reports a problem per bound', () => {
    expect(filterRows(rows, { ...NO_FILTER, minAmount: 'abc' }).problems).toEqual({ minAmount: expect.any(String) })
    expect(filterRows(rows, { ...NO_FILTER, minAmount: '20', maxAmount: '10' })).toMatchObject({
      problems: { maxAmount: 'Lower than the minimum amount.' },
      rows: [rows[0]],
    })
  })

  it('is on if any field is set', () => {
    expect(isFiltering(NO_FILTER)).toBe(false)
    expect(isFiltering({ ...NO_FILTER, text: ' ' })).toBe(false)
    expect(isFiltering({ ...NO_FILTER, direction: 'CREDIT' })).toBe(true)
  })
})
