import { cleanup, fireEvent, render, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { session } from '../../lib/session.svelte.ts'
import { FakeApi } from '../../lib/testing/fake-api.ts'
import SignIn from './sign-in.svelte'

let api: FakeApi

beforeEach(() => {
  api = new FakeApi()
  session.current = null
  render(SignIn)
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

async function fill(name: string, password: string, button: string): Promise<void> {
  await fireEvent.input(screen.getByLabelText('Name'), { target: { value: name } })
  await fireEvent.input(screen.getByLabelText('Password'), { target: { value: password } })
  await fireEvent.click(screen.getByRole('button', { name: button }))
}

it('Signing up needs at least eight characters per field, checked before anything is sent', async () => {
  await fill('short', '1234567', 'Sign up')
  expect(screen.getAllByText('At least 8 characters.')).toHaveLength(2)
  expect(screen.getByLabelText('Name')).toHaveProperty('ariaInvalid', 'true')
  expect(api.calls).toEqual([])
})

it('Signing up signs in', async () => {
  api.handlers.set('signUp', ({ username }) => ({ session: { username, role: 'CLIENT' }, reason: null }))
  await fill('alice-smith', 'correct horse', 'Sign up')
  await vi.waitFor(() => expect(session.current).toEqual({ username: 'alice-smith', role: 'CLIENT' }))
})

it('A refusal shows its reason', async () => {
  api.handlers.set('signUp', () => ({ session: null, reason: 'user already exists' }))
  await fill('alice-smith', 'correct horse', 'Sign up')
  expect((await screen.findByRole('alert')).textContent).toBe('user already exists')
  expect(session.current).toBeNull()
})

it('An existing name of any length can sign in, and an unreachable bank is reported', async () => {
  await fill('demo', 'x', 'Sign in')
  expect((await screen.findByRole('alert')).textContent).toBe('The bank cannot be reached.')
  api.handlers.set('signIn', ({ username }) => ({ session: { username, role: 'EMPLOYEE' }, reason: null }))
  await fill('demo', 'x', 'Sign in')
  await vi.waitFor(() => expect(session.isEmployee).toBe(true))
})
