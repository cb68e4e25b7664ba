import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LastTransaction } from '../generated/graphql.ts'
import { arrivals, FakeApi, rowOf } from '../testing/fake-api.ts'
import { BankFeed, MAX_FOLLOWED } from './bank-feed.svelte.ts'

let api: FakeApi
let feed: BankFeed
let bank: LastTransaction[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  api = new FakeApi()
  bank = [accountOf('A', 3), accountOf('B', 2), accountOf('C', 1)]
  api.handlers.set('lastTransactions', () => ({ total: bank.length, rows: bank }))
  feed = new BankFeed()
})

afterEach(() => {
  feed.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function accountOf(iban: string, sequence: number): LastTransaction {
  return { iban, owners: [`owner-of-${iban}`], transaction: rowOf(sequence, { iban, id: `${iban}-${sequence}` }) }
}

async function pass(ms: number): Promise<void> {
  await arrivals()
  await vi.advanceTimersByTimeAsync(ms)
  await arrivals()
}

const shown = () => feed.accounts.map(({ iban, transaction }) => `${iban}${transaction?.sequence}`)

describe('The employee’s list of accounts', () => {
  it('moves an account with a new transaction to the top', async () => {
    await pass(0)
    api.stream.next(accountOf('C', 9))
    await pass(150)
    expect(shown()).toEqual(['C9', 'A3', 'B2'])
  })

  it('never replaces a transaction with an older one', async () => {
    await pass(0)
    api.stream.next(accountOf('A', 2))
    await pass(150)
    expect(shown()).toEqual(['A3', 'B2', 'C1'])
  })

  it('adds a new account only if it matches the search', async () => {
    await pass(0)
    await feed.show('owner-of-A', 0)
    api.stream.next(accountOf('D', 8))
    await pass(150)
    expect(shown()).not.toContain('D8')
    await feed.show('', 0)
    api.stream.next(accountOf('E', 9))
    await pass(150)
    expect(shown()[0]).toBe('E9')
  })

  it('ignores the answer to a search that is no longer current', async () => {
    await pass(0)
    const answers: Array<(page: unknown) => void> = []
    api.handlers.set('lastTransactions', () => new Promise((resolve) => answers.push(resolve)))
    const first = feed.show('a', 0)
    const second = feed.show('ab', 0)
    await arrivals()
    answers[1]?.({ total: 1, rows: [accountOf('AB', 1)] })
    answers[0]?.({ total: 1, rows: [accountOf('STALE', 1)] })
    await Promise.all([first, second])
    expect(shown()).toEqual(['AB1'])
    expect(feed.loading).toBe(false)
  })

  it('reports that the bank cannot be reached', async () => {
    await pass(0)
    api.handlers.delete('lastTransactions')
    await feed.show('x', 0)
    expect(feed.problem).toBe('The bank cannot be reached.')
    expect(feed.loading).toBe(false)
  })
})

describe('A followed account', () => {
  beforeEach(async () => {
    api.handlers.set('transactions', ({ iban, last, before }) => {
      const end = before === undefined ? 5 : Number(String(before).split('-')[1])
      return Array.from({ length: Math.min(Number(last), end - 1) }, (_, index) => accountOf(String(iban), end - 1 - index).transaction)
    })
    await pass(0)
  })

  it('shows earlier and new rows, each once', async () => {
    await feed.follow('A')
    for (const sequence of [4, 5, 5, 6]) api.stream.next(accountOf('A', sequence))
    await pass(150)
    expect(feed.followed.get('A')?.map(({ sequence }) => sequence)).toEqual([6, 5, 4, 3, 2, 1])
  })

  it('fills in rows missing from the stream', async () => {
    await feed.follow('A')
    api.stream.next(accountOf('A', 9))
    await pass(150)
    expect(feed.followed.get('A')?.map(({ sequence }) => sequence)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('needs no stream of its own, and their number is limited', async () => {
    for (let index = 0; index < MAX_FOLLOWED + 3; index += 1) await feed.follow(`X${index}`)
    expect(feed.followed.size).toBe(MAX_FOLLOWED)
    expect(api.streams).toHaveLength(1)
    feed.unfollow('X0')
    expect(feed.followed.has('X0')).toBe(false)
  })
})
