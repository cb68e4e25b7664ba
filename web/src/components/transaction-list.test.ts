import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Transaction } from '../lib/generated/graphql.ts'
import { rowOf } from '../lib/testing/fake-api.ts'
import { COLUMNS, viewSettings } from '../lib/view-settings.svelte.ts'
import TransactionList from './transaction-list.svelte'

const rows: readonly Transaction[] = Array.from({ length: 60 }, (_, index) =>
  rowOf(60 - index, { direction: index % 2 === 0 ? 'CREDIT' : 'DEBIT', amount: String((60 - index) * 100) }),
)
const older = vi.fn(() => Promise.resolve())

beforeEach(() => {
  viewSettings.setRows(10)
  for (const { id } of COLUMNS) if (!viewSettings.columns.includes(id)) viewSettings.toggle(id)
  older.mockClear()
  render(TransactionList, { label: 'Rows', rows, complete: false, older })
})

afterEach(cleanup)

const shown = () =>
  within(screen.getByRole('table', { name: 'Rows' }))
    .getAllByRole('row')
    .slice(1)

it('Shows the chosen number of rows', async () => {
  for (const count of [5, 10, 25, 50, 100, 250]) {
    await fireEvent.change(screen.getByRole('combobox', { name: 'Rows' }), { target: { value: String(count) } })
    expect(shown()).toHaveLength(Math.min(count, rows.length))
  }
})

it('Stores the choice in the browser', async () => {
  await fireEvent.change(screen.getByRole('combobox', { name: 'Rows' }), { target: { value: '25' } })
  expect(JSON.parse(localStorage.getItem('bob.view') ?? '')).toMatchObject({ rows: 25 })
})

it('Shows the direction by sign, not by colour alone', () => {
  expect(shown()[0]?.textContent).toMatch(/\+€\s60,00/)
  expect(shown()[1]?.textContent).toMatch(/−€\s59,00/)
})

it('Columns can be hidden and shown, and the amount is always visible', async () => {
  for (const { title } of COLUMNS) await fireEvent.click(screen.getByLabelText(title))
  expect(screen.getAllByRole('columnheader').map(({ textContent }) => textContent)).toEqual(['Amount'])
  await fireEvent.click(screen.getByLabelText('Description'))
  expect(screen.getAllByRole('columnheader').map(({ textContent }) => textContent)).toEqual(['Description', 'Amount'])
})

it('Filters search all loaded rows, not only the visible ones', async () => {
  await fireEvent.input(screen.getByLabelText('Maximum amount'), { target: { value: '2' } })
  expect(shown().map(({ dataset }) => dataset['sequence'])).toEqual(['2', '1'])
  await fireEvent.click(screen.getByRole('button', { name: 'Clear filter' }))
  expect(shown()).toHaveLength(10)
})

it('filters that throw or never match: an incomplete amount is reported and hides nothing', async () => {
  await fireEvent.input(screen.getByLabelText('Minimum amount'), { target: { value: '1.2.' } })
  expect(screen.getByText('Use one decimal separator with at most two digits after it.')).toBeTruthy()
  expect(shown()).toHaveLength(10)
})

it('An empty list says whether the filter or the account is the reason', async () => {
  await fireEvent.input(screen.getByLabelText('Text'), { target: { value: 'no such words' } })
  expect(screen.getByText('No rows match the filter.')).toBeTruthy()
})

it('Offers older rows once all loaded rows are visible', async () => {
  expect(screen.queryByRole('button', { name: 'Older rows' })).toBeNull()
  await fireEvent.change(screen.getByRole('combobox', { name: 'Rows' }), { target: { value: '100' } })
  await fireEvent.click(screen.getByRole('button', { name: 'Older rows' }))
  expect(older).toHaveBeenCalledOnce()
})
