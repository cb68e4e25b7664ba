import { describe, expect, it } from 'vitest'
import { NO_ALERTS, type Account } from './account.ts'
import { decideAccount, type AccountCommand } from './decide.ts'
import { evolveAccount, type AccountEvent } from './evolve.ts'
import { CASH, COMPANY_IBAN, ownIban } from '../iban.ts'
import { OPENING_DEPOSIT } from '../transfer/opening-deposit.ts'

const ANNE = ownIban(1)
const BERT = ownIban(2)
const TOKEN = '1'.repeat(20)
const FRESH = '2'.repeat(20)
const DAY_MS = 24 * 3_600_000

const stored = { command: 'c', version: 0, time: 0 }
const head = { id: 'c', deadline: 0, replyTo: 'r', expectedVersion: null }
const created: AccountEvent = { type: 'BankAccountCreated', ...stored, iban: ANNE, username: 'anne', token: TOKEN }
const bertAdded: AccountEvent = { type: 'UserAddedToBankAccount', ...stored, iban: ANNE, username: 'bert', token: FRESH }
const anne = { iban: ANNE, username: 'anne', token: TOKEN }
const money = { transferId: 't', iban: ANNE, counterparty: BERT, description: 'rent', username: 'anne' }

const credited = (amount: bigint, balance: bigint, more: Partial<typeof money & { readonly time: number }> = {}): AccountEvent => ({
  type: 'MoneyCredited',
  ...stored,
  ...money,
  amount,
  balance,
  ...more,
})
const create = (iban: string): AccountCommand => ({ type: 'CreateBankAccount', ...head, iban, username: 'anne' })
const add = (userToAdd: string, by: Partial<typeof anne> = {}): AccountCommand => ({
  type: 'AddUserToBankAccount',
  ...head,
  ...anne,
  ...by,
  userToAdd,
})
const remove = (by: Partial<typeof anne> = {}): AccountCommand => ({ type: 'RemoveUserFromBankAccount', ...head, ...anne, ...by })
const debit = (amount: bigint, by: Partial<typeof anne> = {}): AccountCommand => ({
  type: 'DebitMoney',
  ...head,
  ...money,
  token: TOKEN,
  ...by,
  amount,
})
const credit = (amount: bigint, more: Partial<typeof money> = {}): AccountCommand => ({
  type: 'CreditMoney',
  ...head,
  ...money,
  ...more,
  amount,
})
const returnMoney = (amount: bigint): AccountCommand => ({ type: 'ReturnMoney', ...head, ...money, amount })
const settings = (more: Partial<typeof NO_ALERTS>, by: Partial<typeof anne> = {}): AccountCommand => ({
  type: 'UpdateAlertSettings',
  ...head,
  ...anne,
  ...by,
  settings: { ...NO_ALERTS, ...more },
})

/** `given` these events, `when` this command is decided on at `now`, `then` an event (its type, and its balance if it has one) or a refusal. */
type Case = readonly [title: string, given: readonly AccountEvent[], when: AccountCommand, then: string, now?: number]

const CASES: readonly Case[] = [
  ['a new account', [], create(ANNE), 'BankAccountCreated'],
  ['the bank’s own account', [], create(COMPANY_IBAN), 'BankAccountCreated'],
  ['an account with wrong check digits', [], create('NL00OPEN0000000001'), 'invalid-open-iban'],
  ['an account of another bank', [], create('DE02100100109307118603'), 'invalid-open-iban'],
  ['an account whose number does not begin with 0', [], create('NL66OPEN1000000000'), 'invalid-open-iban'],
  ['an account named cash', [], create(CASH), 'invalid-open-iban'],
  ['an account that exists already', [created], create(ANNE), 'iban-exists'],

  ['another owner of no account', [], add('bert'), 'iban-not-known'],
  ['another owner by a stranger', [created], add('bert', { username: 'mallory' }), 'no-owner'],
  ['another owner by a stranger with a valid token', [created], add('mallory', { username: 'mallory', token: TOKEN }), 'no-owner'],
  ['another owner with a wrong token', [created], add('bert', { token: FRESH }), 'token-not-valid'],
  ['another owner with another owner’s token', [created, bertAdded], add('carl', { token: FRESH }), 'token-not-valid'],
  ['another owner with an empty token', [created], add('bert', { token: '' }), 'token-not-valid'],
  ['another owner that is an owner already', [created, bertAdded], add('bert'), 'already-owner'],
  ['the sender as another owner', [created], add('anne'), 'already-owner'],
  ['another owner', [created], add('bert'), 'UserAddedToBankAccount'],

  ['the end of an ownership of no account', [], remove(), 'iban-not-known'],
  ['the end of a stranger’s ownership', [created], remove({ username: 'bert', token: FRESH }), 'no-owner'],
  ['the end of an ownership with a wrong token', [created, bertAdded], remove({ token: FRESH }), 'token-not-valid'],
  ['the end of the last ownership with a cent left', [created, credited(1n, 1n)], remove(), 'last-user-with-balance'],
  ['the end of the last ownership with a cent overdrawn', [created, credited(1n, -1n)], remove(), 'last-user-with-balance'],
  ['the end of the last ownership at a balance of zero', [created], remove(), 'UserRemovedFromBankAccount'],
  ['the end of one of two ownerships at any balance', [created, bertAdded, credited(1n, 1n)], remove(), 'UserRemovedFromBankAccount'],

  ['a debit of no account', [], debit(1n), 'iban-not-known'],
  ['a debit by a stranger', [created], debit(1n, { username: 'bert' }), 'no-owner'],
  ['a debit by a former owner', [created, bertAdded, removed('anne')], debit(1n), 'no-owner'],
  ['a debit with a wrong token', [created], debit(1n, { token: FRESH }), 'token-not-valid'],
  ['a debit to the limit', [created], debit(50_000n), 'MoneyDebited -50000'],
  ['a debit a cent below the limit', [created], debit(50_001n), 'insufficient-funds'],
  [
    'a debit of the whole balance and the limit',
    [created, credited(10n ** 17n, 10n ** 17n)],
    debit(10n ** 17n + 50_000n),
    'MoneyDebited -50000',
  ],
  [
    'a debit a cent more than balance and limit',
    [created, credited(10n ** 17n, 10n ** 17n)],
    debit(10n ** 17n + 50_001n),
    'insufficient-funds',
  ],

  ['a credit to no account', [], credit(1n), 'iban-not-known'],
  ['a credit', [created], credit(1n), 'MoneyCredited 1'],
  ['a credit beyond what a double holds', [created, credited(2n ** 53n, 2n ** 53n)], credit(1n), 'MoneyCredited 9007199254740993'],
  ['the most cash of a day', [created], credit(500_000n, { counterparty: CASH }), 'MoneyCredited 500000'],
  ['a cent more cash than the most of a day', [created], credit(500_001n, { counterparty: CASH }), 'too-much-cash'],
  ['a cent more cash on the same day', [created, cash(500_000n, 0)], credit(1n, { counterparty: CASH }), 'too-much-cash', DAY_MS - 1],
  [
    'cash on the next day',
    [created, cash(500_000n, DAY_MS - 1)],
    credit(500_000n, { counterparty: CASH }),
    'MoneyCredited 1000000',
    DAY_MS,
  ],
  ['a credit that is not cash, after the most cash of a day', [created, cash(500_000n, 0)], credit(1n), 'MoneyCredited 500001'],
  [
    'the bank’s own funds',
    [created],
    credit(10n ** 17n, { counterparty: CASH, transferId: OPENING_DEPOSIT.id }),
    `MoneyCredited ${10n ** 17n}`,
  ],
  ['a return to no account', [], returnMoney(1n), 'iban-not-known'],
  ['a return to a former owner', [created, bertAdded, removed('anne')], returnMoney(5n), 'MoneyReturned 5'],

  ['settings of no account', [], settings({}), 'iban-not-known'],
  ['settings by a stranger', [created], settings({}, { username: 'bert' }), 'no-owner'],
  ['settings with a wrong token', [created], settings({}, { token: FRESH }), 'token-not-valid'],
  ['settings with an amount below zero', [created], settings({ amountAbove: -1n }), 'bad-settings'],
  ['settings with an amount of zero', [created], settings({ amountAbove: 0n }), 'AlertSettingsUpdated'],
  ['settings with no debits allowed', [created], settings({ debitsInFiveMinutes: 0 }), 'bad-settings'],
  ['settings with one debit allowed', [created], settings({ debitsInFiveMinutes: 1 }), 'AlertSettingsUpdated'],
  ['settings with a balance below zero', [created], settings({ balanceBelow: -50_000n }), 'AlertSettingsUpdated'],
]

function removed(username: string): AccountEvent {
  return { type: 'UserRemovedFromBankAccount', ...stored, iban: ANNE, username }
}

function cash(amount: bigint, time: number): AccountEvent {
  return credited(amount, amount, { counterparty: CASH, time })
}

function accountAfter(events: readonly AccountEvent[]): Account | undefined {
  return events.reduce<Account | undefined>(evolveAccount, undefined)
}

describe('An account is asked for', () => {
  for (const [title, given, when, then, now = 0] of CASES) {
    it(title, () => {
      const decided = decideAccount(accountAfter(given), when, { newToken: () => FRESH, now })
      const result = 'kind' in decided ? decided.code : `${decided.type}${'balance' in decided ? ` ${decided.balance}` : ''}`
      expect(result).toBe(then)
    })
  }
})

describe('An account', () => {
  it('gives each owner a separate token, and refuses the token of a removed owner', () => {
    const account = accountAfter([created, bertAdded])
    expect(account?.owners).toEqual([
      { username: 'anne', token: TOKEN },
      { username: 'bert', token: FRESH },
    ])
    const without = accountAfter([created, bertAdded, removed('bert')])
    const again = decideAccount(without, debit(1n, { username: 'bert', token: FRESH }), { newToken: () => FRESH, now: 0 })
    expect(again).toMatchObject({ kind: 'refusal', code: 'no-owner' })
  })

  it('is folded from its events alone, and rejects a history that does not begin with its creation', () => {
    expect(() => accountAfter([credited(1n, 1n)])).toThrow('comes before its BankAccountCreated')
  })
})
