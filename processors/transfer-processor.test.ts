import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EmbeddedRegistry, RecordCodec } from '../schemas/index.ts'
import { Serdes, Stores, StreamsBuilder, type KeyValueStore } from '../topology/index.ts'
import { TopologyTestDriver, type TestOutput } from '../topology/testing/index.ts'
import { CASH, ownIban } from './domain/iban.ts'
import type { TransferOutput } from './output.ts'
import { stateSerde } from './state-serde.ts'
import { ANNE, BankUnderTest, BERT, ELSEWHERE, FIRST_TOKEN, LATER, SECOND_TOKEN } from './testing/bank-under-test.ts'
import { TransferProcessor } from './transfer-processor.ts'
import type { StoredTransfer } from './transfer-view.ts'

let bank: BankUnderTest

beforeEach(async () => {
  bank = await BankUnderTest.open()
})

afterEach(() => bank.driver.close())

describe('A transfer', () => {
  it('debits one account and credits the other, with one answer', async () => {
    await bank.transfer({ id: 't1' })
    expect(await bank.taken()).toEqual({
      outcomes: [{ type: 'CommandSucceeded', command: 't1', version: 2, token: null }],
      rows: [`${ANNE} 1 DEBIT 100 = -100`, `${BERT} 1 CREDIT 100 = 100`],
      transferEvents: ['TransferStarted', 'TransferCompleted'],
    })
  })

  it('returns the money when the credit is refused', async () => {
    await bank.transfer({ id: 't1', to: ownIban(77) })
    expect(await bank.taken()).toEqual({
      outcomes: [{ type: 'CommandFailed', command: 't1', code: 'iban-not-known', reason: 'iban not known' }],
      rows: [`${ANNE} 1 DEBIT 100 = -100`, `${ANNE} 2 CREDIT 100 = 0`],
      transferEvents: ['TransferStarted', 'TransferFailed'],
    })
  })

  it('to another bank ends with the debit', async () => {
    await bank.transfer({ id: 't1', to: ELSEWHERE })
    expect(await bank.taken()).toMatchObject({
      rows: [`${ANNE} 1 DEBIT 100 = -100`],
      transferEvents: ['TransferStarted', 'TransferCompleted'],
    })
  })

  it('that is sent again gets the first answer again and moves nothing', async () => {
    await bank.transfer({ id: 't1' })
    const { outcomes } = await bank.taken()
    await bank.transfer({ id: 't1', amount: 999n })
    expect(await bank.taken()).toEqual({ outcomes, rows: [], transferEvents: [] })
  })

  it('may take the balance down to −€ 500,00 and not below', async () => {
    await bank.transfer({ id: 't1', amount: 50_000n })
    expect(await bank.taken()).toMatchObject({ outcomes: [{ type: 'CommandSucceeded' }] })
    await bank.transfer({ id: 't2', amount: 1n })
    expect(await bank.taken()).toMatchObject({ outcomes: [{ code: 'insufficient-funds' }] })
  })

  it.each([
    ['of nothing', { amount: 0n }, 'bad-amount'],
    ['of more than the highest amount', { amount: 10n ** 15n + 1n }, 'bad-amount'],
    ['by a user without ownership', { username: 'bert' }, 'no-owner'],
    ['with a wrong token', { token: SECOND_TOKEN }, 'token-not-valid'],
    ['from an account to itself', { to: ANNE }, 'same-account'],
    ['from an account of another bank', { from: ELSEWHERE }, 'from-invalid'],
    ['from an account with wrong check digits', { from: 'NL67OPEN0000000000' }, 'from-invalid'],
    ['without a description', { description: '' }, 'bad-description'],
    ['with too long a description', { description: 'x'.repeat(141) }, 'bad-description'],
    ['of cash to an account that does not exist', { from: CASH, to: ownIban(77) }, 'iban-not-known'],
  ])('%s is refused', async (_, order, code) => {
    await bank.transfer({ id: 't1', ...order })
    expect(await bank.taken()).toMatchObject({ outcomes: [{ command: 't1', code }], rows: [] })
  })

  it('that is read after its deadline is answered as expired', async () => {
    await bank.driver.advance(LATER + 1)
    await bank.transfer({ id: 't1' })
    expect(await bank.taken()).toMatchObject({ outcomes: [{ command: 't1', code: 'expired' }], rows: [] })
  })

  it('that was answered as expired is refused again when it is sent with a later deadline', async () => {
    await bank.transfer({ id: 't1', deadline: -1 })
    await bank.transfer({ id: 't1' })
    const expired = { command: 't1', code: 'expired' }
    expect(await bank.taken()).toMatchObject({ outcomes: [expired, expired], rows: [] })
  })

  it('shows every step, and the reason when it fails', async () => {
    await bank.transfer({ id: 't1', to: ownIban(77) })
    const views = await bank.views()
    expect(views.map(({ state }) => state)).toEqual(['PENDING', 'PENDING', 'FAILED'])
    expect(views.at(-1)).toMatchObject({
      id: 't1',
      username: 'anne',
      reason: 'iban not known',
      steps: [{ name: 'TransferStarted' }, { name: 'MoneyDebited' }, { name: 'MoneyReturned' }, { name: 'TransferFailed' }],
    })
  })
})

describe('The saga alone, with the test in the place of the accounts', () => {
  let driver: TopologyTestDriver
  let output: TestOutput<unknown, unknown>

  beforeEach(async () => {
    const codec = await RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
    const key = Serdes.string
    const input = codec.serde('MoneyTransfer', 'CommandSucceeded', 'CommandFailed')
    const builder = new StreamsBuilder()
    builder
      .stream('in', { key, value: input })
      .filter((value) => value !== null)
      .process<string, TransferOutput>((context) => new TransferProcessor(context), {
        name: 'transfer',
        stores: [
          Stores.keyValue({ name: 'transfers', key, value: stateSerde<StoredTransfer>() }),
          Stores.keyValue({ name: 'transfers-waiting', key, value: Serdes.double }),
          Stores.keyValue({ name: 'transfers-stuck', key, value: Serdes.double }),
        ],
      })
      .to('out', { key, value: stateSerde<TransferOutput>() })
    driver = await TopologyTestDriver.open(builder.build())
    output = driver.output('out')
    const order = { id: 't1', token: FIRST_TOKEN, amount: 100n, from: ANNE, to: BERT, description: 'rent', username: 'anne' }
    const head = { deadline: LATER, replyTo: 'me', expectedVersion: null }
    await driver.input('in').pipe('t1', { type: 'MoneyTransfer', ...order, ...head }, 1)
  })

  afterEach(() => driver.close())

  /** New outputs in short: the ids of commands, the types of events and outcomes, the states of views. */
  async function outputs(): Promise<readonly string[]> {
    return (await output.read()).map(({ value }) => {
      const message = value as TransferOutput
      switch (message.kind) {
        case 'event':
        case 'outcome':
          return message.record.type
        case 'account-command':
          return message.record.id
        case 'view':
          return message.record.state
        default:
          return message satisfies never
      }
    })
  }

  const succeed = (step: string): Promise<void> =>
    driver.input('in').pipe('t1', { type: 'CommandSucceeded', command: `t1/${step}`, version: 1, token: null }, 1)
  const refuse = (step: string): Promise<void> =>
    driver.input('in').pipe('t1', { type: 'CommandFailed', command: `t1/${step}`, code: 'iban-not-known', reason: 'iban not known' }, 1)

  it('Faults of the 2021 bank: a saga is lost with its instance or after a second', async () => {
    expect(await outputs()).toEqual(['TransferStarted', 'PENDING', 't1/debit'])
    await driver.restart({ loseState: true })
    await driver.advance(4_900)
    expect(await outputs()).toEqual([])
    await driver.advance(2_000)
    expect(await outputs()).toEqual(['t1/debit'])
    await succeed('debit')
    await driver.restart()
    await driver.advance(60_000)
    expect(await outputs()).toEqual(['PENDING', 't1/credit', 't1/credit'])
    await succeed('credit')
    expect(await outputs()).toEqual(['TransferCompleted', 'COMPLETED', 'CommandSucceeded'])
    await driver.advance(60_000)
    expect(await outputs()).toEqual([])
  })

  it('accepts the answer to the current step only, once, and none after the end', async () => {
    await outputs()
    await succeed('credit')
    expect(await outputs()).toEqual([])
    await succeed('debit')
    await succeed('debit')
    expect(await outputs()).toEqual(['PENDING', 't1/credit'])
    await succeed('credit')
    await outputs()
    for (const step of ['debit', 'credit', 'return']) await refuse(step)
    expect(await outputs()).toEqual([])
    expect(driver.dropped()).toEqual({ 'answer-out-of-turn': 5 })
  })

  it('leaves a transfer stuck when the money cannot be returned: it is answered, shown, and never changed again', async () => {
    await succeed('debit')
    await refuse('credit')
    await outputs()
    await refuse('return')
    expect(await outputs()).toEqual(['STUCK', 'CommandFailed'])
    expect(driver.store<KeyValueStore<string, number>>('transfers-stuck').get('t1')).toBeDefined()
    await driver.advance(3_600_000)
    await succeed('return')
    expect(await outputs()).toEqual([])
  })
})
