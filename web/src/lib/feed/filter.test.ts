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
    ['a smallest amount, itself included', { minAmount: '12,50' }, [4, 2, 1]],
    ['a largest amount, itself included', { maxAmount: '12.50' }, [3, 2, 1]],
    ['both bounds on one amount', { minAmount: '12,5', maxAmount: '12,50' }, [2, 1]],
    ['an amount beyond 2^53', { minAmount: '10 000 000 000 000' }, [4]],
    ['text, whatever its case', { text: 'LUNCH' }, [2, 1]],
    ['several words in any field', { text: 'lunch bob' }, [2]],
    ['a counterparty', { text: 'ABNA' }, [3]],
    ['characters of a regular expression', { text: '(large) 100% [x]' }, [3]],
    ['a lone bracket', { text: '(' }, [3]],
    ['spaces', { text: '   ' }, [4, 3, 2, 1]],
    ['everything at once', { text: 'lunch', direction: 'CREDIT', minAmount: '1', maxAmount: '20' }, [2]],
  ])('by %s', (_, form, expected) => {
    expect(passing(form)).toEqual(expected)
  })

  it.each(['abc', '1.2.3', '-', '12,', '€'])('an amount half typed (“%s”) filters nothing', (text) => {
    expect(passing({ minAmount: text, maxAmount: text })).toEqual([4, 3, 2, 1])
  })

  it('zero as a bound bounds nothing and is no problem', () => {
    expect(filterRows(rows, { ...NO_FILTER, minAmount: '0', maxAmount: '0,0' })).toEqual({ rows, problems: {} })
  })

  it('says what is wrong with a bound beside it', () => {
    expect(filterRows(rows, { ...NO_FILTER, minAmount: 'abc' }).problems).toEqual({ minAmount: expect.any(String) })
    expect(filterRows(rows, { ...NO_FILTER, minAmount: '20', maxAmount: '10' })).toMatchObject({
      problems: { maxAmount: 'Less than the smallest amount.' },
      rows: [rows[0]],
    })
  })

  it('knows whether it is on', () => {
    expect(isFiltering(NO_FILTER)).toBe(false)
    expect(isFiltering({ ...NO_FILTER, text: ' ' })).toBe(false)
    expect(isFiltering({ ...NO_FILTER, direction: 'CREDIT' })).toBe(true)
  })
})
