import { beforeEach, describe, expect, it } from 'vitest'
import { Books } from './books.ts'
import { CASH } from './domain/iban.ts'
import type { MoneyEvent } from './money-event.ts'
import { ANNE, BERT, ELSEWHERE } from './testing/bank-under-test.ts'

type Change = Pick<MoneyEvent, 'type' | 'iban' | 'amount' | 'balance' | 'counterparty' | 'version'> & { readonly transferId?: string }

describe('The books', () => {
  let books: Books

  beforeEach(() => {
    books = new Books()
  })

  const record = (change: Change): void =>
    books.record({ transferId: 't', description: 'd', username: 'u', command: 'c', time: 0, ...change } as MoneyEvent)
  const paidIn = (version: number, balance: bigint): void =>
    record({ type: 'MoneyCredited', iban: ANNE, amount: 100n, balance, counterparty: CASH, version })
  const sent: Change = { type: 'MoneyDebited', iban: ANNE, amount: 30n, balance: 70n, counterparty: BERT, version: 2 }
  const received: Change = { type: 'MoneyCredited', iban: BERT, amount: 30n, balance: 30n, counterparty: ANNE, version: 1 }

  it('balance through cash, money in transit, and money sent to other banks', () => {
    paidIn(1, 100n)
    record(sent)
    expect([books.isBalanced, books.isAtRest]).toEqual([true, false])
    record(received)
    record({ type: 'MoneyDebited', iban: BERT, amount: 10n, balance: 20n, counterparty: ELSEWHERE, version: 2, transferId: 'out' })
    expect([books.isBalanced, books.isAtRest, books.faults]).toEqual([true, true, []])
  })

  it('accept partitions in any interleaving: a credit before its debit is in transit too', () => {
    record(received)
    expect(books.isAtRest).toBe(false)
    paidIn(1, 100n)
    record(sent)
    expect([books.isBalanced, books.isAtRest]).toEqual([true, true])
  })

  it('are at rest after the money was returned', () => {
    paidIn(1, 100n)
    record(sent)
    record({ type: 'MoneyReturned', iban: ANNE, amount: 30n, balance: 100n, counterparty: BERT, version: 3 })
    expect([books.isBalanced, books.isAtRest]).toEqual([true, true])
  })

  it.each<[string, Change]>([
    ['a duplicate event', { ...sent, version: 1 }],
    ['a missing event', { ...sent, version: 3 }],
    ['a balance that the events do not add up to', { ...sent, balance: 71n }],
  ])('report %s', (_, change) => {
    paidIn(1, 100n)
    record(change)
    expect(books.isBalanced).toBe(false)
    expect(books.faults).not.toEqual([])
  })

  it('report a credit that is larger than its debit, or comes twice', () => {
    paidIn(1, 100n)
    record(sent)
    record({ ...received, amount: 31n, balance: 31n })
    expect(books.isAtRest).toBe(false)
    record({ ...received, amount: 31n, balance: 62n, version: 2 })
    expect(books.isAtRest).toBe(false)
  })
})
