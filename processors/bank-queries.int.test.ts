import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EmbeddedRegistry, RecordCodec } from '../schemas/index.ts'
import { createRecordBatchBuilder, memoryTaskStorages, partitionOf, Streams, systemPorts, type Broker } from '../topology/index.ts'
import { memoryBroker } from '../topology/testing/index.ts'
import { commandFormat, type BankCommand } from './bank-messages.ts'
import { BankQueries } from './bank-queries.ts'
import { bankTopology } from './bank-topology.ts'
import { CASH, ownIban } from './domain/iban.ts'
import { bankTopics } from './topics.ts'

const ANNE = ownIban(1)
const BERT = ownIban(2)
const EMPTY = ownIban(3)
const TOKEN = '1'.repeat(20)
const PARTITIONS = 2
const HOUR_MS = 3_600_000

const silence = (): void => undefined
const ports = systemPorts({ debug: silence, info: silence, warn: silence, error: silence })

let broker: Broker
let instances: Streams[]
let queries: BankQueries
let send: (command: BankCommand) => Promise<void>

/** Two instances, so that some of the answers come from the instance that was not asked. */
beforeEach(async () => {
  broker = await memoryBroker(ports)
  const codec = await RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
  await broker.admin.createTopics(bankTopics(PARTITIONS))
  const topology = bankTopology({ codec, newToken: () => TOKEN })
  instances = ['one', 'two'].map(
    (instanceId) => new Streams({ applicationId: 'bank', instanceId, topology, broker, ports, storages: memoryTaskStorages() }),
  )
  for (const instance of instances) await instance.start()
  const [first] = instances
  if (first === undefined) throw new Error('No instance was started')
  queries = new BankQueries(() => first.queries, ports.clock)
  const format = commandFormat(codec)
  send = async (command) => {
    const { topic, key, value } = format.encode(command)
    const batch = createRecordBatchBuilder()
    batch.append(key, value, ports.clock.now())
    const producer = await broker.openProducer({})
    await producer.send(topic, partitionOf(key, PARTITIONS), batch)
    await producer.commit()
    await producer.close()
  }
  for (const [iban, username] of [
    [ANNE, 'anne'],
    [BERT, 'bert'],
    [EMPTY, 'anne'],
  ] as const)
    await send({ type: 'CreateBankAccount', ...head(`open-${iban}`), iban, username })
  await until(async () => (await queries.ibansOwnedBy('anne')).length === 2 && (await queries.account(BERT)) !== undefined)
})

afterEach(async () => {
  for (const instance of instances) await instance.stop()
  await broker.close()
})

function head(id: string) {
  return { id, deadline: Date.parse('2100-01-01'), replyTo: 'client', expectedVersion: null }
}

async function until(isMet: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const met = await isMet().catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'STATE_NOT_READY') return false
      throw error
    })
    if (met) return
    await ports.timers.sleep(5)
  }
}

/** Resolves when the transfer has ended and the receiver's newest row shows it. */
async function transfer(id: string, amount: bigint, from = ANNE, to = BERT): Promise<void> {
  await send({ type: 'MoneyTransfer', ...head(id), token: TOKEN, amount, from, to, description: id, username: 'anne' })
  await until(async () => {
    const [last] = await queries.transactions(to, 1)
    return last?.description === id && (await queries.transfer(id))?.state === 'COMPLETED'
  })
}

describe('Queries of the bank', () => {
  it('return transactions page by page, newest first', async () => {
    for (const [at, amount] of [10n, 20n, 30n, 40n].entries()) await transfer(`t${at}`, amount)
    const [first, second] = [await queries.transactions(BERT, 3), await queries.transactions(BERT, 3)]
    expect(first.map(({ amount }) => amount)).toEqual([40n, 30n, 20n])
    expect(second).toEqual(first)
    const rest = await queries.transactions(BERT, 3, first.at(-1)?.id)
    expect(rest.map(({ amount, newBalance }) => [amount, newBalance])).toEqual([[10n, 10n]])
    expect(await queries.transactions(BERT, 3, rest.at(-1)?.id)).toEqual([])
    expect(await queries.transaction(rest.at(-1)?.id ?? '')).toEqual(rest[0])
  })

  it('return nothing for what does not exist, whatever the id', async () => {
    await transfer('t', 10n)
    const [row] = await queries.transactions(ANNE, 1)
    expect(await queries.transactions(BERT, 5, row?.id)).toEqual([])
    for (const id of ['', 'nonsense', `${ANNE}-9999999999`, `${ANNE}--1`, `${ANNE}-1 `, `x${row?.id}`]) {
      expect(await queries.transaction(id)).toBeUndefined()
    }
    expect(await queries.account(ownIban(9))).toBeUndefined()
    expect(await queries.balanceAt(ownIban(9), 0)).toBeUndefined()
    expect(await queries.transfer('never')).toBeUndefined()
    expect(await queries.ibansOwnedBy('stranger')).toEqual([])
  })

  it('return the balance at any time, and statements that agree with it', async () => {
    const before = ports.clock.now() - 1
    await transfer('t1', 100n)
    await transfer('t2', 50n)
    const rows = (await queries.transactions(BERT, 5)).toReversed()
    const [first, second] = rows
    expect(await queries.balanceAt(BERT, before)).toBe(0n)
    expect(await queries.balanceAt(BERT, second?.time ?? 0)).toBe(150n)
    expect(await queries.balanceAt(ANNE, Number.MAX_SAFE_INTEGER)).toBe(-150n)
    expect(await queries.balanceAt(EMPTY, ports.clock.now())).toBe(0n)
    const whole = await queries.statement(BERT, before, ports.clock.now(), { first: 10 })
    expect(whole).toEqual({ openingBalance: 0n, closingBalance: 150n, rows, hasMore: false })
    const none = await queries.statement(BERT, 0, (first?.time ?? 0) - 1, { first: 10 })
    expect(none).toEqual({ openingBalance: 0n, closingBalance: 0n, rows: [], hasMore: false })
  })

  it('21.1 return a statement in pages that continue each other, from any moment', async () => {
    for (let at = 1; at <= 7; at++) await transfer(`t${at}`, BigInt(at))
    const rows = (await queries.transactions(BERT, 10)).toReversed()
    const [from, to] = [rows[1]?.time ?? 0, rows.at(-1)?.time ?? 0]
    const wanted = rows.filter(({ time }) => time >= from)
    const seen: unknown[] = []
    let balance = wanted[0] === undefined ? 0n : wanted[0].newBalance - wanted[0].amount
    for (let after: string | undefined; ;) {
      const page = await queries.statement(BERT, from, to, { first: 2, after })
      expect(page.openingBalance).toBe(balance)
      balance = page.closingBalance
      seen.push(...page.rows)
      after = page.rows.at(-1)?.id
      if (!page.hasMore) break
    }
    expect(seen).toEqual(wanted)
    expect(balance).toBe(28n)
    expect(await queries.statement(BERT, from, to, { first: 2, after: `${ANNE}-1` })).toMatchObject({ rows: [], hasMore: false })
  })

  it('find accounts by IBAN and by owner, those with the newest transactions first', async () => {
    await transfer('d', 500n, CASH, ANNE)
    await until(async () => (await queries.lastTransactions('', 9, 0)).rows[0]?.iban === ANNE)
    const all = await queries.lastTransactions(undefined, 9, 0)
    expect([all.total, all.rows.length, all.rows[0]?.transaction?.newBalance]).toEqual([3, 3, 500n])
    expect((await queries.lastTransactions('BERT', 9, 0)).rows.map(({ iban }) => iban)).toEqual([BERT])
    expect((await queries.lastTransactions(EMPTY.slice(-4), 9, 0)).rows.map(({ iban }) => iban)).toEqual([EMPTY])
    const paged = [
      await queries.lastTransactions('', 2, 0),
      await queries.lastTransactions('', 2, 2),
      await queries.lastTransactions('', 2, 4),
    ]
    expect(paged.map(({ total, rows }) => [total, rows.length])).toEqual([
      [3, 2],
      [3, 1],
      [3, 0],
    ])
  })

  it('sum turnover by window, for one account and for all', async () => {
    await transfer('t1', 100n)
    await transfer('t2', 50n)
    const sum = { debits: 0n, credits: 150n, count: 2 }
    const hours = async () => queries.turnover(BERT, 'HOUR', 3)
    await until(async () => (await hours()).reduce((count, window) => count + window.count, 0) === 2)
    const bertsHours = await hours()
    expect(bertsHours.reduce((credits, window) => credits + window.credits, 0n)).toBe(150n)
    expect(bertsHours.every(({ start, end }) => start % HOUR_MS === 0 && end - start === HOUR_MS)).toBe(true)
    const days = await queries.turnover(undefined, 'DAY', 2)
    expect(
      days.reduce((all, day) => ({ debits: all.debits + day.debits, credits: all.credits + day.credits }), { debits: 0n, credits: 0n }),
    ).toEqual({
      debits: sum.credits,
      credits: sum.credits,
    })
    expect(await queries.turnover(EMPTY, 'MINUTE', 5)).toEqual([])
  })

  it('return the steps of a transfer, and no late transfer when all have ended', async () => {
    await transfer('t', 10n)
    const view = await queries.transfer('t')
    expect(view).toMatchObject({ state: 'COMPLETED', amount: 10n, from: ANNE, to: BERT, reason: null })
    expect(view?.endedAt).toBeGreaterThanOrEqual(view?.startedAt ?? Infinity)
    expect(await queries.lateTransfers(10, 0)).toEqual([])
    expect(await queries.stuckTransfers(10, 0)).toEqual([])
  })
})
