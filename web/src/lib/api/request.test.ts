import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeApi, rowOf } from '../testing/fake-api.ts'
import { mutate, query, RefusedError, UnreachableError } from './request.ts'

afterEach(() => vi.unstubAllGlobals())

describe('A request to the API', () => {
  it('sends its arguments and returns the value of the field', async () => {
    const api = new FakeApi()
    api.handlers.set('transaction', () => rowOf(1))
    await expect(query('transaction', { id: 'row-1' })).resolves.toEqual(rowOf(1))
    expect(api.calls).toEqual([{ field: 'transaction', variables: { id: 'row-1' } }])
  })

  it('returns null for a missing value', async () => {
    new FakeApi().handlers.set('account', () => null)
    await expect(query('account', { iban: 'x' })).resolves.toBeNull()
  })

  it('throws a refusal of the API with its code', async () => {
    const errors = [{ message: 'There is no such account.', extensions: { code: 'NOT_FOUND' } }]
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ data: null, errors })))
    const error = await query('account', { iban: 'x' }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RefusedError)
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: 'There is no such account.' })
  })

  it.each([
    ['no connection', () => Promise.reject(new TypeError('failed'))],
    ['an error page of a proxy', () => Promise.resolve(new Response('<h1>502</h1>', { status: 502 }))],
    ['a truncated answer', () => Promise.resolve(new Response('{"data":{"sig', { status: 200 }))],
    ['an empty answer', () => Promise.resolve(Response.json({}))],
  ])('time-out reported as failure: %s counts as unreachable, never as refused', async (_, answer) => {
    vi.stubGlobal('fetch', answer)
    await expect(mutate('signOut', {})).rejects.toBeInstanceOf(UnreachableError)
  })
})
