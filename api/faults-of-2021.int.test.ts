import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMPANY_IBAN, TOPICS } from '../processors/index.ts'
import type { ApiClient } from './testing/api-client.ts'
import { BankApi } from './testing/bank-api.ts'

interface Row {
  readonly id: string
  readonly sequence: number
  readonly amount: string
}

const ROWS =
  'subscription ($iban: String!, $min: Cents, $max: Cents, $direction: Direction, $text: String, $last: Int, $after: ID) { transactions(iban: $iban, minAmount: $min, maxAmount: $max, direction: $direction, descriptionIncludes: $text, last: $last, after: $after) { id sequence amount } }'
const TRANSFER =
  'mutation ($id: ID!, $from: String!, $to: String!, $amount: Cents!, $text: String!) { transfer(id: $id, from: $from, to: $to, amount: $amount, description: $text) { pending code reason transfer { id state } } }'

interface TransferAnswer {
  readonly transfer: {
    readonly pending: boolean
    readonly code: string | null
    readonly reason: string | null
    readonly transfer: { readonly state: string } | null
  }
}

let bank: BankApi

beforeAll(async () => {
  bank = await BankApi.open()
})

afterAll(() => bank.close())

async function transfer(
  client: ApiClient,
  from: string,
  to: string,
  amount: number,
  text = 'text',
  id: string = randomUUID(),
): Promise<TransferAnswer['transfer']> {
  const { data, errors } = await client.ask<TransferAnswer>(TRANSFER, { id, from, to, amount: String(amount), text })
  if (!data) throw new Error(JSON.stringify(errors))
  return data.transfer
}

const sequences = (events: readonly { readonly answer: { readonly data?: { readonly transactions: Row } | null } }[]): number[] =>
  events.map(({ answer }) => answer.data?.transactions.sequence ?? Number.NaN)

/** Every record of every topic, as text. */
async function everything(): Promise<string> {
  const fetcher = bank.broker.openFetcher()
  let text = ''
  for (const { name, partitions } of await bank.broker.admin.describeTopics()) {
    for (let partition = 0; partition < partitions; partition++) {
      const [end] = await bank.broker.admin.listOffsets([{ topic: name, partition }], 'latest')
      for (let offset = 0; offset < (end?.offset ?? 0);) {
        const [fetched] = await fetcher.fetch([{ topic: name, partition, offset }], { maxWaitMs: 0 })
        if (fetched === undefined) break
        for (const batch of fetched.batches) while (batch.next()) text += `\n${name}: ${Buffer.from(batch.value ?? []).toString('latin1')}`
        offset = fetched.nextOffset
      }
    }
  }
  await fetcher.close()
  return text
}

describe('Faults of the 2021 bank', () => {
  it('anyone reads any account', async () => {
    const anne = await bank.client('anne the first')
    const bert = await bank.client('bert the first')
    const iban = await anne.openAccount()
    await anne.deposit(iban, 500)
    const [row] =
      (await anne.ask<{ transactions: Row[] }>('query ($iban: String!) { transactions(iban: $iban) { id } }', { iban })).data
        ?.transactions ?? []
    const id = randomUUID()
    await transfer(anne, iban, COMPANY_IBAN, 1, 'to all', id)

    for (const other of [bert, bank.stranger()]) {
      const seen = await other.ask<Record<string, unknown>>(
        'query ($iban: String!, $row: ID!) { account(iban: $iban) { balance } transaction(id: $row) { amount } balanceAt(iban: $iban, at: 9999999999999) }',
        { iban, row: row?.id },
      )
      expect(seen).toEqual({ data: { account: null, transaction: null, balanceAt: null } })
      for (const query of [
        'query ($iban: String!) { transactions(iban: $iban) { id } }',
        'query ($iban: String!) { statement(iban: $iban, from: 0, to: 9999999999999) { closingBalance } }',
        'query ($iban: String!) { turnover(iban: $iban, window: DAY) { count } }',
      ])
        expect(await other.codeOf(query, { iban })).toBe('NOT_FOUND')
      const [event] = await other.first(1, ROWS, { iban })
      expect(event?.answer.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
    }
    for (const query of [
      '{ lastTransactions { total } }',
      '{ stuckTransfers { id } }',
      '{ lateTransfers { id } }',
      '{ deadLetters { id } }',
      '{ turnover(window: DAY) { count } }',
    ]) {
      expect(await bert.codeOf(query)).toBe('FORBIDDEN')
      expect(await bank.stranger().codeOf(query)).toBe('UNAUTHENTICATED')
      expect(await (await bank.employee()).codeOf(query)).toBeUndefined()
    }
    expect(await transfer(bert, iban, COMPANY_IBAN, 1)).toMatchObject({ code: 'NOT_FOUND', transfer: null })
    expect((await anne.ask('query ($iban: String!) { account(iban: $iban) { balance } }', { iban })).data).toEqual({
      account: { balance: '499' },
    })
    expect((await bank.stranger().ask('query ($iban: String!) { account(iban: $iban) { iban } }', { iban: COMPANY_IBAN })).data).toEqual({
      account: { iban: COMPANY_IBAN },
    })
  })

  it('an employee moves money', async () => {
    const employee = await bank.employee()
    expect(await employee.codeOf('mutation { openAccount { pending } }')).toBe('FORBIDDEN')
    expect(await employee.codeOf(TRANSFER, { id: randomUUID(), from: COMPANY_IBAN, to: COMPANY_IBAN, amount: '1', text: '' })).toBe(
      'FORBIDDEN',
    )
  })

  it('password hashes in query topics', async () => {
    const client = await bank.client('carl the first')
    await client.openAccount()
    const places = (await everything()).split('\n').filter((record) => record.includes('scrypt$'))
    const topics = new Set(places.map((record) => record.slice(0, record.indexOf(':'))))
    expect([...topics].filter((topic) => !topic.startsWith('bank-users-'))).toEqual([TOPICS.userCommands, TOPICS.userEvents])
    const answers = JSON.stringify(await (await bank.employee()).ask('{ lastTransactions { rows { owners } } }'))
    expect(answers).not.toContain('scrypt')
  })

  it('filters that throw or never match', async () => {
    const client = await bank.client('dora the first')
    const [from, to] = [await client.openAccount(), await client.openAccount()]
    await client.deposit(from, 1_000)
    for (const [amount, text] of [
      [10, 'rent of May'],
      [20, 'a Gift'],
      [30, 'RENT of June'],
    ] as const)
      await transfer(client, from, to, amount, text)
    const amounts = async (count: number, filter: object): Promise<string[]> =>
      (await client.first<{ transactions: Row }>(count, ROWS, { iban: from, ...filter })).map(
        ({ answer }) => answer.data?.transactions.amount ?? '',
      )
    expect(await amounts(2, { text: 'rent' })).toEqual(['10', '30'])
    expect(await amounts(2, { min: '20', max: '30' })).toEqual(['20', '30'])
    expect(await amounts(1, { direction: 'CREDIT' })).toEqual(['1000'])
    expect(await amounts(1, { text: 'Gift', direction: 'DEBIT', min: '20', max: '20', last: 1 })).toEqual(['20'])
    expect(await amounts(4, { text: '', last: 4 })).toEqual(['1000', '10', '20', '30'])
    const [refused] = await client.first<{ transactions: Row }>(1, ROWS, { iban: from, text: 'x'.repeat(300) })
    expect(refused?.answer.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  })

  it('1.15 becomes 114 cents', async () => {
    const client = await bank.client('emil the first')
    const iban = await client.openAccount()
    for (const amount of [1.15, '1.15', '115 ', '1e2', '', 115])
      expect(
        await client.codeOf(
          'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { pending } }',
          { id: randomUUID(), to: iban, amount },
        ),
      ).toBe('BAD_USER_INPUT')
    const { data } = await bank
      .stranger()
      .ask<{ account: { balance: string } }>('query ($iban: String!) { account(iban: $iban) { balance } }', { iban: COMPANY_IBAN })
    expect(BigInt(data?.account.balance ?? 0)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER))
  })

  it('rows lost or doubled between query and subscription', async () => {
    const client = await bank.client('fred the first')
    const [from, to] = [await client.openAccount(), await client.openAccount()]
    await client.deposit(from, 50_000)
    const total = 40
    const paying = (async () => {
      for (let count = 1; count < total; count++) await transfer(client, from, to, 1)
    })()
    const readers = Array.from({ length: 4 }, async (_, reader) => {
      await bank.ports.timers.sleep(reader * 15)
      return sequences(await client.first<{ transactions: Row }>(total, ROWS, { iban: from, last: 500 }))
    })
    const all = Array.from({ length: total }, (_, at) => at + 1)
    for (const seen of await Promise.all(readers)) expect(seen).toEqual(all)
    await paying

    const cut = await client.first<{ transactions: Row }>(7, ROWS, { iban: from, last: 500 })
    const rest = await client.first<{ transactions: Row }>(total - 7, ROWS, { iban: from, last: 3 }, cut.at(-1)?.id)
    expect(sequences([...cut, ...rest])).toEqual(all)
    const later = await client.first<{ transactions: Row }>(2, ROWS, { iban: from, after: rest.at(-3)?.id })
    expect(sequences(later)).toEqual([total - 1, total])
  }, 20_000)

  it('sign-up half done for ever', async () => {
    const [first, second] = await Promise.all([bank.client('gina the first'), bank.client('gina the first')])
    for (const client of [first, second])
      expect((await client.ask('{ me { username } }')).data).toEqual({ me: { username: 'gina the first' } })
    const { data } = await bank.stranger().ask('mutation { signUp(username: "gina the first", password: "another password") { reason } }')
    expect(data).toEqual({ signUp: { reason: 'user already exists' } })
    const id = randomUUID()
    const open = async (): Promise<unknown> =>
      (await first.ask('mutation ($id: ID!) { openAccount(id: $id) { account { iban } } }', { id })).data
    expect(await open()).toEqual(await open())
    expect((await first.ask<{ myAccounts: object[] }>('{ myAccounts { iban } }')).data?.myAccounts).toHaveLength(1)
  })

  it('an order sent again moves the money again', async () => {
    const client = await bank.client('hugo the first')
    const iban = await client.openAccount()
    await client.deposit(iban, 100)
    const id = randomUUID()
    const first = await transfer(client, iban, COMPANY_IBAN, 40, 'once', id)
    expect(await transfer(client, iban, COMPANY_IBAN, 40, 'once', id.toUpperCase())).toEqual(first)
    expect(await transfer(client, iban, COMPANY_IBAN, 41, 'another', id)).toMatchObject({ code: 'ID_TAKEN' })
    expect((await client.ask('query ($iban: String!) { account(iban: $iban) { balance } }', { iban })).data).toEqual({
      account: { balance: '60' },
    })
  })
})
