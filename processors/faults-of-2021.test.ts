import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyValueStore } from '../topology/index.ts'
import { commandFormat } from './bank-messages.ts'
import { EmbeddedRegistry, RecordCodec } from '../schemas/index.ts'
import { CASH, ownIban } from './domain/iban.ts'
import { OPENING_DEPOSIT } from './domain/transfer/opening-deposit.ts'
import { ANNE, BankUnderTest, BERT, FIRST_TOKEN, LATER, SECOND_TOKEN } from './testing/bank-under-test.ts'
import { TOPICS } from './topics.ts'

const DAY_MS = 24 * 3_600_000
const OWNER = { iban: ANNE, username: 'anne', token: FIRST_TOKEN }

let bank: BankUnderTest

beforeEach(async () => {
  bank = await BankUnderTest.open()
})

afterEach(() => bank.driver.close())

async function codes(): Promise<readonly string[]> {
  return (await bank.taken()).outcomes.map((outcome) => (outcome.type === 'CommandFailed' ? outcome.code : 'ok'))
}

describe('Faults of the 2021 bank', () => {
  it('zero and negative amounts accepted (a negative transfer steals)', async () => {
    for (const amount of [0n, -1n, -(10n ** 15n)]) await bank.transfer({ id: `t${amount}`, amount })
    const refused = { code: 'bad-amount' }
    expect(await bank.taken()).toMatchObject({ outcomes: [refused, refused, refused], rows: [] })
  })

  it('unlimited cash', async () => {
    await bank.deposit('d1', 100_001n)
    await bank.deposit('d2', OPENING_DEPOSIT.amount)
    await bank.deposit(OPENING_DEPOSIT.id, OPENING_DEPOSIT.amount, ANNE)
    expect(await codes()).toEqual(['too-much-cash', 'too-much-cash', 'too-much-cash'])
    for (const number of [1, 2, 3, 4, 5]) await bank.deposit(`a day ${number}`, 100_000n)
    await bank.deposit('a cent more', 1n)
    expect(await codes()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'too-much-cash'])
    await bank.driver.advance(DAY_MS)
    await bank.transfer({ id: 'next day', amount: 1n, to: ANNE, from: CASH, deadline: 2 * DAY_MS })
    expect(await codes()).toEqual(['ok'])
  })

  it('refund fails and the money is gone', async () => {
    await bank.transfer({ id: 't1', to: ownIban(77) })
    const events = await bank.events()
    expect(events).toMatchObject([
      { type: 'MoneyDebited', balance: -100n },
      { type: 'MoneyReturned', balance: 0n },
    ])
  })

  it('refund row without its transfer’s id', async () => {
    await bank.transfer({ id: 't1', to: ownIban(77) })
    const rows = await bank.driver.output(TOPICS.transactions).read()
    expect(rows.map(({ value }) => value)).toMatchObject([{ transferId: 't1' }, { transferId: 't1' }])
  })

  it('removed owner still listed', async () => {
    await bank.send(TOPICS.userCommands, 'cora', { type: 'CreateUserAccount', id: 'u1', username: 'cora', passwordHash: 'h' })
    await bank.send(TOPICS.userCommands, 'cora', { type: 'AddUserToBankAccount', id: 'u2', ...OWNER, userToAdd: 'cora' })
    const owned = bank.driver.store<KeyValueStore<string, readonly string[]>>('accounts-of-user')
    expect([owned.get('anne'), owned.get('cora')]).toEqual([[ANNE], [ANNE]])
    await bank.send(TOPICS.accountCommands, ANNE, { type: 'RemoveUserFromBankAccount', id: 'u3', ...OWNER })
    expect([owned.get('anne'), owned.get('cora')]).toEqual([[], [ANNE]])
    await bank.transfer({ id: 't1' })
    expect(await codes()).toEqual(['ok', 'ok', 'ok', 'no-owner'])
  })

  it('duplicate check on lagging state', async () => {
    await bank.send(TOPICS.userCommands, 'cora', { type: 'CreateUserAccount', id: 'u1', username: 'cora', passwordHash: 'h' })
    await bank.send(TOPICS.userCommands, 'cora', { type: 'CreateUserAccount', id: 'u2', username: 'cora', passwordHash: 'other' })
    await bank.send(TOPICS.accountCommands, ANNE, { type: 'CreateBankAccount', id: 'a2', iban: ANNE, username: 'cora' })
    expect(await codes()).toEqual(['ok', 'user-exists', 'iban-exists'])
  })

  it('two writers of one aggregate', async () => {
    await bank.transfer({ id: 't1' })
    await bank.transfer({ id: 't2', from: BERT, to: ANNE, username: 'bert', token: SECOND_TOKEN })
    const settings = { balanceBelow: null, amountAbove: null, counterpartyNew: true, debitsInFiveMinutes: null }
    await bank.send(TOPICS.accountCommands, ANNE, { type: 'UpdateAlertSettings', id: 's1', ...OWNER, settings, expectedVersion: 3 })
    await bank.send(TOPICS.accountCommands, ANNE, { type: 'UpdateAlertSettings', id: 's2', ...OWNER, settings, expectedVersion: 3 })
    expect(await codes()).toEqual(['ok', 'ok', 'ok', 'other-version'])
    const versions = (await bank.events()).filter(({ iban }) => iban === ANNE).map(({ version }) => version)
    expect(versions).toEqual([2, 3, 4])
  })

  it('commands without a running consumer are lost', async () => {
    await bank.driver.restart({ loseState: true })
    await bank.transfer({ id: 't1' })
    await bank.driver.restart()
    expect(await codes()).toEqual(['ok'])
  })

  it('a restart of the projector sends everything again', async () => {
    await bank.transfer({ id: 't1' })
    const { rows } = await bank.taken()
    await bank.driver.restart({ loseState: true })
    expect(await bank.taken()).toEqual({ outcomes: [], rows: [], transferEvents: [] })
    await bank.transfer({ id: 't2' })
    expect(rows.at(0)).toBe(`${ANNE} 1 DEBIT 100 = -100`)
    expect((await bank.taken()).rows.at(0)).toBe(`${ANNE} 2 DEBIT 100 = -200`)
  })

  it('starts before replay has ended', async () => {
    await bank.transfer({ id: 't1', amount: 50_000n })
    await bank.driver.restart({ loseState: true })
    await bank.transfer({ id: 't2', amount: 1n })
    expect(await codes()).toEqual(['ok', 'insufficient-funds'])
  })

  it('process-local transaction ids', async () => {
    await bank.transfer({ id: 't1' })
    await bank.driver.restart({ loseState: true })
    await bank.transfer({ id: 't2' })
    const rows = await bank.driver.output(TOPICS.transactions).read()
    expect(rows.map(({ value }) => (value as { id: string }).id)).toEqual([`${ANNE}-2`, `${BERT}-2`, `${ANNE}-3`, `${BERT}-3`])
  })

  it('success is answered before the event is stored', async () => {
    await bank.transfer({ id: 't1' })
    const { outcomes } = await bank.taken()
    const ended = (await bank.driver.output(TOPICS.transferEvents).read()).map(({ value }) => value)
    expect(outcomes).toMatchObject([{ command: 't1', version: 2 }])
    expect(ended.at(-1)).toMatchObject({ transferId: 't1', version: 2 })
  })

  it('keys that differ for the same aggregate', async () => {
    const codec = await RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
    const head = { id: '1', deadline: LATER, replyTo: 'me', expectedVersion: null, username: 'anne' } as const
    const { encode } = commandFormat(codec)
    const keys = [
      encode({ type: 'CreateBankAccount', ...head, iban: ANNE }),
      encode({ type: 'RemoveUserFromBankAccount', ...head, iban: ANNE, token: FIRST_TOKEN }),
    ].map(({ topic, key }) => `${topic} ${Buffer.from(key).toString()}`)
    expect(new Set(keys)).toEqual(new Set([`${TOPICS.accountCommands} ${ANNE}`]))
    await bank.transfer({ id: 't1' })
    for (const topic of [TOPICS.accountEvents, TOPICS.transactions]) {
      const records = await bank.driver.output(topic).read()
      expect(records.every(({ key, value }) => key === (value as { iban: string }).iban)).toBe(true)
    }
  })

  it('one aggregate cannot be read alone', () => {
    const accounts = bank.driver.store<KeyValueStore<string, { state: { balance: bigint } }>>('accounts')
    expect(accounts.get(ANNE)?.state.balance).toBe(0n)
    expect(accounts.get(ownIban(77))).toBeUndefined()
  })

  it('memory grows with the history', async () => {
    const accounts = bank.driver.store<KeyValueStore<string, object>>('accounts')
    const sizeOf = (): number =>
      JSON.stringify(accounts.get(ANNE), (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)).length
    for (let number = 0; number < 10; number++) await bank.transfer({ id: `first ${number}` })
    const before = sizeOf()
    for (let number = 0; number < 20; number++) await bank.transfer({ id: `t${number}` })
    expect(sizeOf()).toBe(before)
    const answers = bank.driver.store<KeyValueStore<string, object>>('accounts-answers')
    await bank.driver.advance(2 * 3_600_000 + LATER)
    let left = 0
    for await (const _ of answers.all()) left += 1
    expect(left).toBe(0)
  })

  it('the answer to a client’s command is taken for the answer to a step with the same id', async () => {
    await bank.send(TOPICS.accountCommands, ANNE, { type: 'RemoveUserFromBankAccount', id: 't1/debit', ...OWNER, token: 'wrong' })
    expect(await codes()).toEqual(['token-not-valid'])
    await bank.transfer({ id: 't1' })
    expect(await codes()).toEqual(['ok'])
  })

  it('a user that does not exist becomes an owner', async () => {
    await bank.send(TOPICS.userCommands, 'ghost', { type: 'AddUserToBankAccount', id: 'u2', ...OWNER, userToAdd: 'ghost' })
    expect(await codes()).toEqual(['user-to-add-unknown'])
  })
})
