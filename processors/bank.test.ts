import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  EmbeddedRegistry,
  RecordCodec,
  type CommandFailed,
  type CommandSucceeded,
  type Records,
  type TransactionRow,
} from '../schemas/index.ts'
import { TopologyTestDriver, type TestOutput } from '../topology/testing/index.ts'
import { bankTopology, CASH, OPENING_DEPOSIT, ownIban, TOPICS } from './index.ts'

const ANNE = ownIban(1)
const BERT = ownIban(2)
const ELSEWHERE = 'DE02100100109307118603'
const LATER = 1_000_000
const DAY_MS = 24 * 3_600_000

type Outcome = CommandSucceeded | CommandFailed
type Order = Omit<Records['MoneyTransfer'], 'type' | 'replyTo' | 'expectedVersion'>

let driver: TopologyTestDriver
let outputs: Record<'outcomes' | 'rows' | 'ended' | 'events', TestOutput<unknown, unknown>>
let tokens: number

beforeEach(async () => {
  tokens = 0
  const registry = await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined })
  const codec = await RecordCodec.open(registry)
  driver = await TopologyTestDriver.open(bankTopology({ codec, newToken: () => String(++tokens).padStart(20, '0') }))
  await send(TOPICS.accountCommands, ANNE, { type: 'CreateBankAccount', id: 'open-anne', iban: ANNE, username: 'anne' })
  await send(TOPICS.accountCommands, BERT, { type: 'CreateBankAccount', id: 'open-bert', iban: BERT, username: 'bert' })
  outputs = {
    outcomes: driver.output(TOPICS.outcomes),
    rows: driver.output(TOPICS.transactions),
    ended: driver.output(TOPICS.transferEvents),
    events: driver.output(TOPICS.accountEvents),
  }
  for (const output of Object.values(outputs)) await output.read()
})

afterEach(() => driver.close())

const head = { deadline: LATER, replyTo: 'me', expectedVersion: null }

async function send(topic: string, key: string, command: object): Promise<void> {
  await driver.input(topic).pipe(key, { ...head, ...command }, 1)
}

function transfer(order: Partial<Order> & { readonly id: string }): Promise<void> {
  const defaults = { token: '00000000000000000001', amount: 100n, from: ANNE, to: BERT, description: 'rent', username: 'anne' }
  return send(TOPICS.transferCommands, order.id, { type: 'MoneyTransfer', ...defaults, ...order })
}

const deposit = (id: string, amount: bigint, to = ANNE): Promise<void> => transfer({ id, amount, to, from: CASH })

/** What has come out since the last call. */
async function taken(): Promise<{ outcomes: Outcome[]; rows: string[]; ended: string[] }> {
  const of = async <T>(output: TestOutput<unknown, unknown>): Promise<T[]> => (await output.read()).map(({ value }) => value as T)
  return {
    outcomes: await of<Outcome>(outputs.outcomes),
    rows: (await of<TransactionRow>(outputs.rows)).map(
      (row) => `${row.iban} ${row.sequence} ${row.direction} ${row.amount} = ${row.newBalance}`,
    ),
    ended: (await of<{ type: string }>(outputs.ended)).map(({ type }) => type),
  }
}

describe('A transfer', () => {
  it('debits the one account and credits the other, with one answer', async () => {
    await transfer({ id: 't1' })
    expect(await taken()).toEqual({
      outcomes: [{ type: 'CommandSucceeded', command: 't1', version: 2, token: null }],
      rows: [`${ANNE} 1 DEBIT 100 = -100`, `${BERT} 1 CREDIT 100 = 100`],
      ended: ['TransferStarted', 'TransferCompleted'],
    })
  })

  it('brings the money back when the credit is refused', async () => {
    await transfer({ id: 't1', to: ownIban(77) })
    const { outcomes, rows, ended } = await taken()
    expect(outcomes).toEqual([{ type: 'CommandFailed', command: 't1', code: 'iban-not-known', reason: 'iban not known' }])
    expect(rows).toEqual([`${ANNE} 1 DEBIT 100 = -100`, `${ANNE} 2 CREDIT 100 = 0`])
    expect(ended).toEqual(['TransferStarted', 'TransferFailed'])
  })

  it('to another bank ends with the debit', async () => {
    await transfer({ id: 't1', to: ELSEWHERE })
    expect(await taken()).toMatchObject({ rows: [`${ANNE} 1 DEBIT 100 = -100`], ended: ['TransferStarted', 'TransferCompleted'] })
  })

  it('sent again gets the first answer again and moves nothing', async () => {
    await transfer({ id: 't1' })
    const first = await taken()
    await transfer({ id: 't1', amount: 999n })
    expect(await taken()).toEqual({ outcomes: first.outcomes, rows: [], ended: [] })
  })

  it('goes to the limit of −€ 500,00 and not beyond', async () => {
    await transfer({ id: 't1', amount: 50_000n })
    expect((await taken()).outcomes).toMatchObject([{ type: 'CommandSucceeded' }])
    await transfer({ id: 't2', amount: 1n })
    expect((await taken()).outcomes).toMatchObject([{ code: 'insufficient-funds' }])
  })

  it.each([
    ['someone who is no owner', { username: 'bert' }, 'no-owner'],
    ['a wrong token', { token: '00000000000000000002' }, 'token-not-valid'],
    ['an account onto itself', { to: ANNE }, 'same-account'],
    ['an account elsewhere', { from: ELSEWHERE }, 'from-invalid'],
    ['nothing to say', { description: '' }, 'bad-description'],
    ['too much to say', { description: 'x'.repeat(141) }, 'bad-description'],
  ])('of %s is refused', async (_, order, code) => {
    await transfer({ id: 't1', ...order })
    expect(await taken()).toMatchObject({ outcomes: [{ command: 't1', code }], rows: [] })
  })

  it('that is read after its deadline is answered as expired', async () => {
    await driver.advance(LATER + 1)
    await transfer({ id: 't1' })
    expect(await taken()).toMatchObject({ outcomes: [{ command: 't1', code: 'expired' }], rows: [] })
  })
})

describe('Faults of the 2021 bank', () => {
  it('zero and negative amounts accepted (a negative transfer steals)', async () => {
    for (const amount of [0n, -1n, -(10n ** 15n)]) await transfer({ id: `t${amount}`, amount })
    expect(await taken()).toMatchObject({ outcomes: [{ code: 'bad-amount' }, { code: 'bad-amount' }, { code: 'bad-amount' }], rows: [] })
  })

  it('unlimited cash', async () => {
    await deposit('d1', 100_001n)
    await deposit('d2', OPENING_DEPOSIT.amount)
    await deposit(OPENING_DEPOSIT.id, OPENING_DEPOSIT.amount, ANNE)
    const refused = { code: 'too-much-cash' }
    expect(await taken()).toMatchObject({ outcomes: [refused, refused, refused], rows: [] })
    for (const number of [1, 2, 3, 4, 5]) await deposit(`a day ${number}`, 100_000n)
    await deposit('a cent more', 1n)
    expect((await taken()).outcomes.map((outcome) => ('code' in outcome ? outcome.code : 'ok'))).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'too-much-cash',
    ])
    await driver.advance(DAY_MS)
    await transfer({ id: 'next day', amount: 1n, to: ANNE, from: CASH, deadline: 2 * DAY_MS })
    expect((await taken()).outcomes).toMatchObject([{ type: 'CommandSucceeded' }])
  })

  it('refund fails and the money is gone', async () => {
    await transfer({ id: 't1', to: ownIban(77) })
    const events = (await outputs.events.read()).map(({ value }) => value as { amount?: bigint; type: string })
    const changes = events.map(({ type, amount }) => (type === 'MoneyDebited' ? -(amount ?? 0n) : (amount ?? 0n)))
    expect(changes).toEqual([-100n, 100n])
  })

  it('removed owner still listed', async () => {
    await send(TOPICS.userCommands, 'cora', { type: 'CreateUserAccount', id: 'u1', username: 'cora', passwordHash: 'h' })
    await send(TOPICS.userCommands, 'cora', {
      type: 'AddUserToBankAccount',
      id: 'u2',
      iban: ANNE,
      username: 'anne',
      token: '00000000000000000001',
      userToAdd: 'cora',
    })
    await send(TOPICS.accountCommands, ANNE, {
      type: 'RemoveUserFromBankAccount',
      id: 'u3',
      iban: ANNE,
      username: 'anne',
      token: '00000000000000000001',
    })
    expect((await taken()).outcomes.map(({ type }) => type)).toEqual(['CommandSucceeded', 'CommandSucceeded', 'CommandSucceeded'])
    await transfer({ id: 't1' })
    expect((await taken()).outcomes).toMatchObject([{ code: 'no-owner' }])
  })

  it('duplicate check on lagging state', async () => {
    await send(TOPICS.userCommands, 'cora', { type: 'CreateUserAccount', id: 'u1', username: 'cora', passwordHash: 'h' })
    await send(TOPICS.userCommands, 'cora', { type: 'CreateUserAccount', id: 'u2', username: 'cora', passwordHash: 'other' })
    expect((await taken()).outcomes).toMatchObject([{ type: 'CommandSucceeded' }, { command: 'u2', code: 'user-exists' }])
  })

  it('a user who does not exist becomes an owner', async () => {
    await send(TOPICS.userCommands, 'nobody', {
      type: 'AddUserToBankAccount',
      id: 'u2',
      iban: ANNE,
      username: 'anne',
      token: '00000000000000000001',
      userToAdd: 'nobody',
    })
    expect((await taken()).outcomes).toMatchObject([{ code: 'user-to-add-unknown' }])
  })
})

it('The topology reads like this', async () => {
  const registry = await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined })
  const topology = bankTopology({ codec: await RecordCodec.open(registry), newToken: () => '0' })
  expect(topology.describe()).toMatchSnapshot()
})
