import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AlertSettings } from '../schemas/index.ts'
import type { KeyValueStore, VersionedKeyValueStore, WindowStore } from '../topology/index.ts'
import { ANNE, BankUnderTest, BERT, ELSEWHERE, FIRST_TOKEN } from './testing/bank-under-test.ts'
import { TOPICS } from './topics.ts'
import type { Turnover } from './turnover.ts'

const MINUTE_MS = 60_000

let bank: BankUnderTest

beforeEach(async () => {
  bank = await BankUnderTest.open()
})

afterEach(() => bank.driver.close())

async function watch(settings: Partial<AlertSettings>): Promise<void> {
  const none: AlertSettings = { balanceBelow: null, amountAbove: null, counterpartyNew: false, debitsInFiveMinutes: null }
  const owner = { iban: ANNE, username: 'anne', token: FIRST_TOKEN }
  const id = JSON.stringify(Object.keys(settings))
  await bank.send(TOPICS.accountCommands, ANNE, { type: 'UpdateAlertSettings', id, ...owner, settings: { ...none, ...settings } })
}

const alerted = async (): Promise<readonly string[]> => (await bank.alerts()).map(({ kind, text }) => `${kind} ${text}`)

describe('Alerts', () => {
  it('are raised for a balance below and an amount above the limit, not at the limit', async () => {
    await watch({ balanceBelow: -100n, amountAbove: 100n })
    await bank.transfer({ id: 't1', amount: 100n })
    expect(await alerted()).toEqual([])
    await bank.transfer({ id: 't2', amount: 1_234n })
    expect(await alerted()).toEqual([
      'BALANCE_BELOW The balance of −€ 13,34 is below −€ 1,00.',
      'AMOUNT_ABOVE € 12,34 is more than € 1,00.',
    ])
  })

  it('are raised for a new counterparty only, also when earlier ones came before the settings', async () => {
    await bank.transfer({ id: 't1' })
    await watch({ counterpartyNew: true })
    await bank.transfer({ id: 't2' })
    await bank.transfer({ id: 't3', to: ELSEWHERE })
    await bank.transfer({ id: 't4', to: ELSEWHERE })
    expect(await alerted()).toEqual([`COUNTERPARTY_NEW ${ELSEWHERE} is new to this account.`])
  })

  it('are raised for more debits within five minutes than allowed', async () => {
    await watch({ debitsInFiveMinutes: 2 })
    for (const id of ['t1', 't2']) await bank.transfer({ id })
    expect(await alerted()).toEqual([])
    await bank.transfer({ id: 't3' })
    expect(await alerted()).toEqual(['MANY_DEBITS More than 2 debits within five minutes.'])
    await bank.driver.advance(5 * MINUTE_MS)
    await bank.transfer({ id: 't4' })
    expect(await alerted()).toEqual([])
  })

  it('are raised only for the account with the settings', async () => {
    await watch({ amountAbove: 1n })
    await bank.transfer({ id: 't1', from: BERT, to: ELSEWHERE, username: 'bert', token: '2'.padStart(20, '0') })
    expect(await alerted()).toEqual([])
  })

  it('end when the settings are cleared', async () => {
    await watch({ amountAbove: 1n })
    await watch({})
    await bank.transfer({ id: 't1' })
    expect(await alerted()).toEqual([])
  })
})

describe('Balances', () => {
  it('are known for any time', async () => {
    const balances = bank.driver.store<VersionedKeyValueStore<string, bigint>>('balances')
    await bank.transfer({ id: 't1' })
    await bank.driver.advance(1_000)
    await bank.transfer({ id: 't2' })
    expect([0, 999, 1_000].map((at) => balances.getAsOf(ANNE, at)?.value)).toEqual([-100n, -100n, -200n])
  })
})

describe('Turnover', () => {
  it('is summed by account and window; minutes overlap by half', async () => {
    for (const id of ['t1', 't2']) await bank.transfer({ id })
    await bank.deposit('d1', 50n)
    const hours = bank.driver.store<WindowStore<string, Turnover>>('turnover-by-hour')
    const minutes = bank.driver.store<WindowStore<string, Turnover>>('turnover-by-minute')
    const sum = { debits: 200n, credits: 50n, count: 3 }
    expect(hours.fetch(ANNE, 0)?.value).toEqual(sum)
    expect(minutes.fetch(ANNE, 0)?.value).toEqual(sum)
    expect(hours.fetch(BERT, 0)?.value).toEqual({ debits: 0n, credits: 200n, count: 2 })
  })
})

describe('Transfers in flight', () => {
  it('are late without an end in time, and not late with one', async () => {
    const started = (id: string) => ({
      type: 'TransferStarted',
      transferId: id,
      amount: 1n,
      from: ANNE,
      to: BERT,
      description: 'd',
      username: 'anne',
    })
    const placed = (version: number) => ({ command: 'c', version, time: 0 })
    const events = bank.driver.input(TOPICS.transferEvents)
    await events.pipe('lost', { ...started('lost'), ...placed(1) }, 1_000)
    await events.pipe('fine', { ...started('fine'), ...placed(1) }, 1_000)
    await events.pipe('fine', { type: 'TransferCompleted', transferId: 'fine', ...placed(2) }, 20_000)
    const late = bank.driver.store<KeyValueStore<string, string>>('late-transfers')
    expect(late.get('lost')).toBeUndefined()
    await events.pipe('other', { ...started('other'), ...placed(1) }, 60_000)
    expect([late.get('lost'), late.get('fine'), late.get('other')]).toEqual(['lost', undefined, undefined])
  })
})
