import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Transaction } from '../generated/graphql.ts'
import { arrivals, FakeApi, rowOf } from '../testing/fake-api.ts'
import { AccountFeed } from './account-feed.svelte.ts'
import { LIMIT } from './rows.ts'

let api: FakeApi
let feed: AccountFeed
const history: Transaction[] = []

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  api = new FakeApi()
  history.splice(0)
  api.handlers.set('transactions', ({ last, before }) => {
    const end = history.findIndex(({ id }) => id === before)
    return history.slice(Math.max(0, end - Number(last)), end).reverse()
  })
  feed = new AccountFeed('NL66OPEN0000000000')
  await arrivals()
})

afterEach(() => {
  feed.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function send(...sequences: number[]): Promise<void> {
  for (const sequence of sequences) api.stream.next(rowOf(sequence))
  await pass(100)
}

async function pass(ms: number): Promise<void> {
  await arrivals()
  await vi.advanceTimersByTimeAsync(ms)
  await arrivals()
}

function fillHistory(count: number): void {
  while (history.length < count) history.push(rowOf(history.length + 1))
}

const loaded = () => feed.rows.map(({ sequence }) => sequence)

describe('rows lost or doubled between query and subscription', () => {
  it('a stream that is cut after each row and resumes with an overlap yields each row once', async () => {
    for (let sequence = 1; sequence <= 15; sequence += 1) {
      await send(Math.max(1, sequence - 2), Math.max(1, sequence - 1), sequence)
      api.stream.cut()
      await pass(500)
      expect(api.stream.variables['after']).toBe(`row-${sequence}`)
    }
    expect(loaded()).toEqual([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('a row that arrived but was not shown yet is not requested again', async () => {
    await send(1)
    api.stream.next(rowOf(2))
    await arrivals()
    api.stream.cut()
    await pass(500)
    expect(api.stream.variables['after']).toBe('row-2')
    expect(loaded()).toEqual([2, 1])
  })

  it('rows missing from the stream are queried', async () => {
    fillHistory(9)
    await send(1, 2, 3)
    await send(8, 9)
    expect(loaded()).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
    expect(api.calls).toEqual([{ field: 'transactions', variables: { iban: 'NL66OPEN0000000000', last: 4, before: 'row-8' } }])
  })

  it('a gap too wide to fill ends the list', async () => {
    await send(1, 2, 3)
    await send(9_000, 9_001)
    expect(loaded()).toEqual([9_001, 9_000])
    expect(api.calls).toEqual([])
  })

  it('a gap that cannot be filled is queried once', async () => {
    fillHistory(3)
    await send(1, 2, 3)
    await send(6)
    await send(7)
    expect(loaded()).toEqual([7, 6])
    expect(api.calls).toHaveLength(1)
  })
})

describe('The feed of an account', () => {
  it('stays bounded under load', async () => {
    for (let start = 1; start < 2_000; start += 100) await send(...Array.from({ length: 100 }, (_, index) => start + index))
    expect(feed.rows).toHaveLength(LIMIT)
    expect(feed.rows[0]?.sequence).toBe(2_000)
  })

  it('shows rows that arrive together in one update', async () => {
    for (const sequence of [1, 2, 3]) api.stream.next(rowOf(sequence))
    await arrivals()
    expect(loaded()).toEqual([])
    await pass(100)
    expect(loaded()).toEqual([3, 2, 1])
  })

  it('loads older rows back to the first, and then is complete', async () => {
    fillHistory(130)
    await send(129, 130)
    expect(feed.complete).toBe(false)
    await feed.loadOlder()
    await feed.loadOlder()
    expect(loaded()).toHaveLength(130)
    expect(feed.complete).toBe(true)
  })

  it('reports that older rows cannot be loaded', async () => {
    await send(5)
    api.handlers.delete('transactions')
    await feed.loadOlder()
    expect(feed.problem).toBe('The bank cannot be reached.')
  })

  it('reports why the subscription was refused', async () => {
    api.stream.fail('NOT_FOUND')
    await arrivals()
    expect(feed.problem).toBe('NOT_FOUND')
  })
})
