import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { arrivals, FakeApi, transferOf } from '../testing/fake-api.ts'
import { TransferTracker } from './tracker.svelte.ts'
import type { SentTransfer } from './tracker.svelte.ts'

const ORDER = { from: 'NL66OPEN0000000000', to: 'NL20INGB0001234567', cents: 115n, description: 'coffee' }

let api: FakeApi
let ended: SentTransfer[]
let tracker: TransferTracker

beforeEach(() => {
  api = new FakeApi()
  ended = []
  tracker = new TransferTracker((transfer) => ended.push(transfer))
})

afterEach(() => {
  tracker.close()
  vi.unstubAllGlobals()
})

const answer = (change: object) =>
  api.handlers.set('transfer', () => ({ transfer: null, pending: false, reason: null, code: null, ...change }))
const states = () => tracker.sent.map(({ state }) => state)

describe('A transfer sent from the page', () => {
  it('completes when the answer says so', async () => {
    answer({ transfer: transferOf({ state: 'COMPLETED' }) })
    await tracker.transfer(ORDER)
    expect(states()).toEqual(['completed'])
    expect(ended).toHaveLength(1)
    expect(api.calls[0]?.variables).toMatchObject({ from: ORDER.from, to: ORDER.to, amount: '115', description: 'coffee' })
  })

  it('fails with the reason of the refusal', async () => {
    answer({ reason: 'insufficient funds', code: 'INSUFFICIENT_FUNDS' })
    await tracker.transfer(ORDER)
    expect(tracker.sent).toMatchObject([{ state: 'failed', reason: 'insufficient funds' }])
    expect(ended).toHaveLength(1)
  })

  it('time-out reported as failure: stays pending, is followed, and ends as the bank decides', async () => {
    answer({ transfer: transferOf(), pending: true, reason: 'No answer in time.' })
    await tracker.transfer(ORDER)
    expect(states()).toEqual(['pending'])
    expect(ended).toEqual([])
    await arrivals()
    expect(api.stream).toMatchObject({ field: 'transfer', variables: { id: tracker.sent[0]?.id } })
    api.stream.next(transferOf({ steps: [{ name: 'MONEY_DEBITED', time: 1 }] }))
    await arrivals()
    expect(states()).toEqual(['pending'])
    api.stream.next(transferOf({ state: 'FAILED', reason: 'iban not known' }))
    await arrivals()
    expect(tracker.sent).toMatchObject([{ state: 'failed', reason: 'iban not known' }])
    expect(ended).toHaveLength(1)
    expect(api.stream.open).toBe(false)
  })

  it('is unknown without an answer, and is sent again under the same id', async () => {
    await tracker.transfer(ORDER)
    expect(tracker.sent).toMatchObject([{ state: 'unknown', reason: 'The bank cannot be reached.' }])
    const id = tracker.sent[0]?.id ?? ''
    answer({ transfer: transferOf({ state: 'COMPLETED' }) })
    await tracker.sendAgain(id)
    await tracker.sendAgain(id)
    expect(api.calls.map(({ variables }) => variables['id'])).toEqual([id, id])
    expect(states()).toEqual(['completed'])
  })

  it('may be a deposit, which is a transfer from cash', async () => {
    api.handlers.set('deposit', () => ({ transfer: transferOf({ state: 'COMPLETED' }), pending: false, reason: null, code: null }))
    await tracker.deposit('NL66OPEN0000000000', 50_000n)
    expect(api.calls).toMatchObject([{ field: 'deposit', variables: { to: 'NL66OPEN0000000000', amount: '50000' } }])
    expect(states()).toEqual(['completed'])
  })

  it('is followed while pending, the two oldest at a time', async () => {
    answer({ pending: true })
    for (let index = 0; index < 4; index += 1) await tracker.transfer(ORDER)
    await arrivals()
    const oldestFirst = tracker.sent.map(({ id }) => id).reverse()
    expect(api.streams.map(({ variables }) => variables['id'])).toEqual(oldestFirst.slice(0, 2))
    api.streams[0]?.next(transferOf({ state: 'COMPLETED' }))
    await arrivals()
    expect(api.streams.map(({ variables }) => variables['id'])).toEqual(oldestFirst.slice(0, 3))
  })

  it('stays listed until it has ended, however many follow', async () => {
    answer({ pending: true })
    await tracker.transfer(ORDER)
    const pending = tracker.sent[0]
    answer({ transfer: transferOf({ state: 'COMPLETED' }) })
    for (let index = 0; index < 25; index += 1) await tracker.transfer(ORDER)
    expect(tracker.sent.length).toBeLessThanOrEqual(12)
    expect(tracker.sent.map(({ id }) => id)).toContain(pending?.id)
  })
})
