import { cleanup, fireEvent, render, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Account } from '../../lib/generated/graphql.ts'
import { FakeApi } from '../../lib/testing/fake-api.ts'
import Owners from './owners.svelte'

const account: Account = {
  iban: 'NL66OPEN0000000000',
  balance: '0',
  limit: '-50000',
  owners: ['alice-smith'],
  alertSettings: null,
  lastTransaction: null,
}
const changed = vi.fn(() => Promise.resolve())
let api: FakeApi

beforeEach(() => {
  api = new FakeApi()
  changed.mockClear()
  render(Owners, { account, username: 'alice-smith', changed })
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

async function add(name: string): Promise<void> {
  await fireEvent.input(screen.getByLabelText('Add an owner'), { target: { value: name } })
  await fireEvent.click(screen.getByRole('button', { name: 'Add' }))
}

it('Adding an owner clears the field and reloads the account', async () => {
  api.handlers.set('addOwner', () => ({ succeeded: true, pending: false, reason: null, code: null }))
  await add(' bob-jones ')
  await vi.waitFor(() => expect(changed).toHaveBeenCalledOnce())
  expect(api.calls).toEqual([{ field: 'addOwner', variables: { iban: account.iban, username: 'bob-jones' } }])
  await vi.waitFor(() => expect(screen.getByLabelText('Add an owner')).toHaveProperty('value', ''))
})

it('A refusal shows its reason and keeps the typed name', async () => {
  api.handlers.set('addOwner', () => ({ succeeded: false, pending: false, reason: 'user to add does not exist', code: 'X' }))
  await add('unknown-user')
  expect(await screen.findByText('user to add does not exist')).toBeTruthy()
  expect(screen.getByLabelText('Add an owner')).toHaveProperty('value', 'unknown-user')
})

it('An empty name is not sent', async () => {
  await add('  ')
  expect(screen.getByText('Enter the name of the person to add.')).toBeTruthy()
  expect(api.calls).toEqual([])
})

it('Leaving an account needs a confirmation', async () => {
  api.handlers.set('removeOwner', () => ({ succeeded: false, pending: false, reason: 'last user and balance is not zero', code: 'X' }))
  await fireEvent.click(screen.getByRole('button', { name: 'Remove me…' }))
  expect(api.calls).toEqual([])
  await fireEvent.click(screen.getByRole('button', { name: 'Yes, remove me' }))
  expect(await screen.findByText('last user and balance is not zero')).toBeTruthy()
})
