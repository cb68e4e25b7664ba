import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import {
  createRecordBatchBuilder,
  KafkaBroker,
  memoryTaskStorages,
  RetriableBrokerError,
  Serdes,
  Streams,
  StreamsBuilder,
  systemPorts,
  type LogCode,
  type Logger,
  type Topology,
} from '../../topology/index.ts'
import { TestLog } from '../../topology/testing/index.ts'
import { freePorts } from './free-ports.ts'
import { LocalKafka } from './local-kafka.ts'
import { Forwarder } from './testing/forwarder.ts'

const START_MS = 120_000
const POLLING = { timeout: START_MS }
const PARTITIONS = [0, 1, 2, 3, 4, 5]
/** The controller fences a dead broker within two seconds. */
const SETTINGS = { 'broker.session.timeout.ms': '2000', 'broker.heartbeat.interval.ms': '200' }

let directory: string
let kafka: LocalKafka
/** The only address that the application is given; it stays while brokers move. */
let bootstrap: Forwarder
let log: TestLog
let codes: Set<LogCode>
let id: string
/** Restarted brokers answer the test itself at their present addresses. */
let observer: KafkaBroker
let broker: KafkaBroker
let instances: Streams[]
let sent: number

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-moved-'))
  kafka = await LocalKafka.start({ classPath: inject('kafkaClassPath'), directory, brokers: 3, settings: SETTINGS })
  bootstrap = await Forwarder.listen()
  bootstrap.to(kafka.brokers[0]?.port)
}, START_MS)

afterAll(async () => {
  await bootstrap.close()
  await kafka.stop()
  await rm(directory, { recursive: true, force: true })
}, START_MS)

beforeEach(async ({ onTestFailed }) => {
  log = new TestLog(systemPorts().clock)
  log.tellIf(onTestFailed)
  codes = new Set()
  id = `moved-${randomUUID()}`
  sent = 0
  observer = await KafkaBroker.open({ addresses: kafka.addresses, ports: systemPorts() })
  broker = await KafkaBroker.open({ addresses: [`127.0.0.1:${bootstrap.port}`], ports: systemPorts(noting(log.logger)) })
  await observer.admin.createTopics(
    ['in', 'out'].map((name) => ({ name: `${id}-${name}`, partitions: PARTITIONS.length, replicationFactor: 3 })),
  )
  instances = await Promise.all(['one', 'two'].map(start))
}, START_MS)

afterEach(async () => {
  await Promise.all(instances.map((instance) => instance.stop()))
  await broker.close()
  await observer.close()
}, START_MS)

function noting(logger: Logger): Logger {
  const warn: Logger['warn'] = (text, fields) => {
    if (fields?.code !== undefined) codes.add(fields.code)
    logger.warn(text, fields)
  }
  const info: Logger['info'] = (text, fields) => {
    if (fields?.code !== undefined) codes.add(fields.code)
    logger.info(text, fields)
  }
  return { ...logger, info, warn }
}

function counting(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(`${id}-in`, { key: Serdes.string, value: Serdes.string })
    .groupByKey()
    .count({ name: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to(`${id}-out`, { key: Serdes.string, value: Serdes.string })
  return builder.build()
}

async function start(instanceId: string): Promise<Streams> {
  const instance = new Streams({
    topology: counting(),
    applicationId: id,
    instanceId,
    broker,
    ports: systemPorts(noting(log.logger)),
    storages: memoryTaskStorages(),
  })
  await instance.start()
  return instance
}

/** Sends one record with the key of each partition, in one transaction. */
async function sendToAll(): Promise<void> {
  const producer = await observer.openProducer({ transactionalId: `${id}-sender` })
  for (const partition of PARTITIONS) {
    const batch = createRecordBatchBuilder()
    batch.append(Buffer.from(`key ${partition}`), Buffer.from('x'), Date.now())
    await producer.send(`${id}-in`, partition, batch)
  }
  await producer.commit()
  sent++
}

/** The committed values of a topic by key, in the order of each partition. */
async function valuesIn(topic: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>()
  const fetcher = observer.openFetcher()
  const ends = await observer.admin.listOffsets(
    PARTITIONS.map((partition) => ({ topic, partition })),
    'latest',
  )
  for (const end of ends) {
    for (let offset = 0; offset < end.offset;) {
      const [fetched] = await fetcher.fetch([{ ...end, offset }], { maxWaitMs: 1_000 })
      for (const batch of fetched?.batches ?? []) {
        while (batch.next()) {
          const key = Buffer.from(batch.key ?? []).toString()
          found.set(key, [...(found.get(key) ?? []), Buffer.from(batch.value ?? []).toString()])
        }
      }
      offset = fetched?.nextOffset ?? offset
    }
  }
  await fetcher.close()
  return found
}

/** Resolves when everything sent is counted, each record once and in order. */
async function allCounted(): Promise<void> {
  const look = async () => {
    try {
      const [input, output] = [await valuesIn(`${id}-in`), await valuesIn(`${id}-out`)]
      const expected = new Map([...input].map(([key, records]) => [key, records.map((_, at) => String(at + 1))]))
      const fewest = input.size < PARTITIONS.length ? 0 : Math.min(...[...input.values()].map(({ length }) => length))
      return { isSent: fewest >= sent, expected: sorted(expected), counted: sorted(output) }
    } catch (error) {
      if (error instanceof RetriableBrokerError) return { isSent: false, expected: [], counted: [] }
      throw error
    }
  }
  await expect
    .poll(async () => {
      const { isSent, expected, counted } = await look()
      return (
        isSent && counted.length === expected.length && counted.every(([, values], at) => values.length >= (expected[at]?.[1].length ?? 0))
      )
    }, POLLING)
    .toBe(true)
  const { expected, counted } = await look()
  expect(counted).toEqual(expected)
}

function sorted(values: ReadonlyMap<string, readonly string[]>): readonly (readonly [string, readonly string[]])[] {
  return [...values].toSorted(([some], [other]) => (some < other ? -1 : 1))
}

/** While it moves and when it has moved, no instance fails. */
async function allRunning(): Promise<void> {
  await expect.poll(() => instances.map(({ state }) => state), POLLING).toEqual(['running', 'running'])
  await expect.poll(() => instances.flatMap((instance) => instance.health().problems), POLLING).toEqual([])
}

describe('20.C15 An application on three brokers', () => {
  it(
    'goes on when the coordinators of its group and its transactions are killed, and the move is in the log',
    async () => {
      await sendToAll()
      await allCounted()
      for (const victim of kafka.brokers) {
        await Promise.allSettled([victim.kill(), sendToAll()]) // this transaction may be lost, but not in part
        await sendToAll()
        await allCounted()
        await victim.start()
        await allRunning()
      }
      await sendToAll()
      await allCounted()
      expect(codes).toContain('coordinator-moved')
    },
    3 * START_MS,
  )

  it(
    'goes on when each broker comes back at another address, one after the other',
    async () => {
      await sendToAll()
      const ports = await freePorts(3)
      for (const [at, moving] of kafka.brokers.entries()) {
        await moving.stop()
        await moving.moveTo(ports[at] ?? 0)
        await moving.start()
        await sendToAll()
        await allCounted()
      }
      bootstrap.to(kafka.brokers[0]?.port)
      await allRunning()
    },
    3 * START_MS,
  )

  it(
    'asks the bootstrap address when every broker that it knows is gone',
    async () => {
      await sendToAll()
      await allCounted()
      const ports = await freePorts(3)
      await Promise.all(kafka.brokers.map((moving) => moving.kill()))
      await Promise.all(kafka.brokers.map((moving, at) => moving.moveTo(ports[at] ?? 0)))
      await Promise.all(kafka.brokers.map((moving) => moving.start()))
      bootstrap.to(kafka.brokers[0]?.port)
      await observer.close()
      observer = await KafkaBroker.open({ addresses: kafka.addresses, ports: systemPorts() })
      await sendToAll()
      await allCounted()
      await allRunning()
    },
    3 * START_MS,
  )
})
