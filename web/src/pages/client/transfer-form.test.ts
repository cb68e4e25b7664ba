import { cleanup, fireEvent, render, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { COMPANY_IBAN } from '../../lib/iban.ts'
import { FakeApi, transferOf } from '../../lib/testing/fake-api.ts'
import { TransferTracker } from '../../lib/transfers/tracker.svelte.ts'
import SentTransfers from './sent-transfers.svelte'
import TransferForm from './transfer-form.svelte'

let api: FakeApi
let tracker: TransferTracker

beforeEach(() => {
  api = new FakeApi()
  tracker = new TransferTracker(() => undefined)
  render(TransferForm, { from: 'NL91ABNA0417164300', tracker })
  render(SentTransfers, { tracker })
})

afterEach(() => {
  tracker.close()
  cleanup()
  vi.unstubAllGlobals()
})

async function fill(to: string, amount: string, description: string): Promise<void> {
  await fireEvent.input(screen.getByLabelText('To (IBAN)'), { target: { value: to } })
  await fireEvent.input(screen.getByLabelText('Amount in euros'), { target: { value: amount } })
  await fireEvent.input(screen.getByLabelText('Description'), { target: { value: description } })
  await fireEvent.click(screen.getByRole('button', { name: 'Send' }))
}

const answer = (change: object) =>
  api.handlers.set('transfer', () => ({ transfer: null, pending: false, reason: null, code: null, ...change }))

it('1.15 becomes 114 cents: 1.15 is sent as 115, and the form shows the amount while typing', async () => {
  answer({ transfer: transferOf({ state: 'COMPLETED' }) })
  await fireEvent.input(screen.getByLabelText('Amount in euros'), { target: { value: '1.15' } })
  expect(screen.getByText(/That is €\s1,15\./)).toBeTruthy()
  await fill(COMPANY_IBAN, '1.15', 'coffee')
  expect(api.calls[0]?.variables).toMatchObject({ amount: '115' })
  expect(await screen.findByText('Completed')).toBeTruthy()
})

it('Each problem is linked to its field, the first such field gets the focus, and nothing is sent', async () => {
  await fill(COMPANY_IBAN, '0', '')
  const amount = screen.getByLabelText('Amount in euros')
  expect(document.activeElement).toBe(amount)
  const described = (amount.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent)
  expect(described).toContain('The amount must be more than zero.')
  expect(screen.getByText('Say what it is for.')).toBeTruthy()
  expect(api.calls).toEqual([])
})

it('A refused transfer shows its reason', async () => {
  answer({ reason: 'insufficient funds, would be below the limit of −€ 500,00' })
  await fill(COMPANY_IBAN, '99999', 'a house')
  expect((await screen.findByRole('alert')).textContent).toContain('insufficient funds')
  expect(screen.getByText('Failed')).toBeTruthy()
})

it('time-out reported as failure: a pending transfer is shown as pending', async () => {
  answer({ pending: true })
  await fill(COMPANY_IBAN, '10', 'slow')
  expect(await screen.findByText('Pending')).toBeTruthy()
  expect(screen.queryByRole('alert')).toBeNull()
})

it('Sending again after a missing answer repeats the same transfer', async () => {
  await fill(COMPANY_IBAN, '10', 'lost')
  const again = await screen.findByRole('button', { name: 'Send again' })
  answer({ transfer: transferOf({ state: 'COMPLETED' }) })
  await fireEvent.click(again)
  expect(await screen.findByText('Completed')).toBeTruthy()
  expect(new Set(api.calls.map(({ variables }) => variables['id'])).size).toBe(1)
  expect(api.calls).toHaveLength(2)
})
