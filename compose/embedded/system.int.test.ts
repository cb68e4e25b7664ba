import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CASH, COMPANY_IBAN, ownIban, TOPICS } from '../../processors/index.ts'
import { openLevelStorage, type OrderedStorage } from '../../state/index.ts'
import { createRecordBatchBuilder, EmbeddedBroker, systemPorts } from '../../topology/index.ts'
import { createLogger } from '../logger.ts'
import { startSystem, type System } from './system.ts'

const IBAN = ownIban(400_000_000)
const NOT_AVRO = Buffer.from('no Avro at all')

let directory: string
let system: System | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bob-system-'))
  writeFileSync(join(directory, 'index.html'), '<!doctype html>')
})

afterEach(async () => {
  await system?.close()
  system = undefined
  rmSync(directory, { recursive: true, force: true })
})

async function start(): Promise<System> {
  system = await startSystem({
    dataDirectory: join(directory, 'data'),
    pageDirectory: directory,
    host: '127.0.0.1',
    port: 0,
    instances: 2,
    mode: 'development',
    logLevel: 'silent',
    employee: { username: 'employee', password: 'open-sesame' },
    logger: createLogger('silent'),
  })
  return system
}

async function stop(): Promise<void> {
  await system?.close()
  system = undefined
}

/** Writes a record that is not Avro into every topic except the changelogs, as a foreign producer could. Returns the topics. */
async function poison(key: string): Promise<readonly string[]> {
  const storage = await openLevelStorage({ directory: join(directory, 'data', 'broker') })
  const broker = await EmbeddedBroker.open({ storage, ports: systemPorts() })
  const topics = (await broker.admin.describeTopics()).map(({ name }) => name).filter((name) => !name.endsWith('-changelog'))
  const producer = await broker.openProducer({})
  for (const topic of topics) {
    const batch = createRecordBatchBuilder()
    batch.append(Buffer.from(key), NOT_AVRO, Date.now())
    await producer.send(topic, 0, batch)
  }
  await producer.commit()
  await broker.close()
  return topics
}

async function until<T>(read: () => Promise<T>, isExpected: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read()
    if (isExpected(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function deposit({ api }: System, id: string, amount: bigint): Promise<string> {
  await api.bus.send({ type: 'CreateUserAccount', id: 'u', username: 'a-client', passwordHash: '!' })
  await api.bus.send({ type: 'CreateBankAccount', id: 'a', iban: IBAN, username: 'a-client' })
  const order = { from: CASH, to: IBAN, amount, description: 'd', username: 'a-client', token: '' }
  return (await api.bus.send({ type: 'MoneyTransfer', id, ...order })).type
}

const balanceOf = async ({ reader }: System, iban: string): Promise<bigint | undefined> => (await reader.account(iban))?.balance

describe('A bank in one process', () => {
  it('21.2 is ready while its tasks run, and says what is wrong when its instances are gone, although it is alive', async () => {
    const { api, cluster } = await start()
    const ready = async (): Promise<{ readonly ready: boolean; readonly reasons: readonly string[] }> =>
      (await (await fetch(`${api.url}/ready`)).json()) as never
    await expect.poll(ready).toEqual({ ready: true, reasons: [] })
    await cluster.control.kill('instance-1')
    await cluster.control.stop('instance-2')
    const { reasons } = await ready()
    expect(reasons[0]).toBe('no instance runs')
    expect(reasons[1]).toMatch(/^no instance works on task 0_0, /)
    expect((await fetch(`${api.url}/ready`)).status).toBe(503)
    expect((await fetch(`${api.url}/health`)).status).toBe(200)
    await cluster.control.add()
    await expect.poll(ready, { timeout: 20_000 }).toEqual({ ready: true, reasons: [] })
  })

  it('continues where it stopped, and does not repeat its setup', async () => {
    const first = await start()
    expect(first.isRestart).toBe(false)
    expect(await deposit(first, 't1', 500n)).toBe('CommandSucceeded')
    const opening = await balanceOf(first, COMPANY_IBAN)
    expect(opening).toBeGreaterThan(0n)
    await stop()

    const second = await start()
    expect(second.isRestart).toBe(true)
    expect(await deposit(second, 't1', 500n)).toBe('CommandSucceeded')
    expect(await deposit(second, 't2', 25n)).toBe('CommandSucceeded')
    await until(
      () => balanceOf(second, IBAN),
      (balance) => balance === 525n,
    )
    expect(await balanceOf(second, COMPANY_IBAN)).toBe(opening)
    expect(await second.watch.isBalancedAtRest()).toBe(true)
  })

  it('21.7 gives the topics of an earlier version the retention of this one, so that its directory stops growing', async () => {
    await start()
    await stop()
    const storage = (): Promise<OrderedStorage> => openLevelStorage({ directory: join(directory, 'data', 'broker'), isOnlyCopy: true })
    const names = [TOPICS.accountCommands, TOPICS.transferAnswers, TOPICS.outcomes, TOPICS.accountEvents]
    const earlier = await EmbeddedBroker.open({ storage, ports: systemPorts(createLogger('silent')) })
    for (const name of names) await earlier.admin.alterTopic(name, { 'retention.ms': '-1' })
    await earlier.close()
    await start()
    await stop()
    const later = await EmbeddedBroker.open({ storage, ports: systemPorts(createLogger('silent')) })
    const retentions = (await later.admin.describeTopics(names)).map(({ name, config }) => [name, config['retention.ms']])
    await later.close()
    expect(Object.fromEntries(retentions)).toEqual({
      [TOPICS.accountCommands]: '604800000',
      [TOPICS.transferAnswers]: '604800000',
      [TOPICS.outcomes]: '86400000',
      [TOPICS.accountEvents]: '-1',
    })
  })

  it('turns a record that is not Avro, in any topic, into one dead letter, and processes everything else', async () => {
    await start()
    await stop()
    const topics = await poison('poisoned')
    for (const topic of [...Object.values(TOPICS), 'bank-sessions', 'bank-ownership-by-user-repartition']) expect(topics).toContain(topic)

    for (const transfer of ['before', 'after']) {
      const bank = await start()
      expect(await deposit(bank, transfer, 500n)).toBe('CommandSucceeded')
      const letters = await until(
        () => bank.cluster.deadLetters(100),
        (seen) => seen.length >= topics.length,
      )
      expect(letters.map(({ topic, partition }) => `${topic} ${partition}`).toSorted()).toEqual(
        topics.map((topic) => `${topic} 0`).toSorted(),
      )
      for (const { reason, key } of letters) {
        expect(reason).toMatch(/^cannot be read: ./)
        expect(key).toBe('poisoned')
      }
      expect(await bank.watch.isBalancedAtRest()).toBe(true)
      await stop()
    }
  })
})
