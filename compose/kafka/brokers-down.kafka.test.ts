import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import {
  createRecordBatchBuilder,
  FencedError,
  KafkaBroker,
  OutcomeUnknownError,
  RetriableBrokerError,
  systemPorts,
  type Broker,
  type Producer,
  type RecordBatchBuilder,
} from '../../topology/index.ts'
import { LocalKafka } from './local-kafka.ts'

const START_MS = 120_000
/** How long the client waits for the response of a frozen broker. */
const REQUEST_TIMEOUT_MS = 25_000
const PARTITIONS = [0, 1, 2, 3, 4, 5]
/** The controller fences a dead broker within two seconds. */
const SETTINGS = { 'broker.session.timeout.ms': '2000', 'broker.heartbeat.interval.ms': '200' }
const quiet = () => undefined
const ports = systemPorts({ debug: quiet, info: quiet, warn: quiet, error: quiet })

let directory: string
let kafka: LocalKafka
let broker: Broker
let topic: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-brokers-'))
  kafka = await LocalKafka.start({ classPath: inject('kafkaClassPath'), directory, brokers: 3, settings: SETTINGS })
  broker = await KafkaBroker.open({ addresses: kafka.addresses, ports })
}, START_MS)

afterAll(async () => {
  await broker.close()
  await kafka.stop()
  await rm(directory, { recursive: true, force: true })
}, START_MS)

beforeEach(() => {
  topic = `down-${randomUUID()}`
})

async function createTopic(replicationFactor: number): Promise<void> {
  await broker.admin.createTopics([{ name: topic, partitions: PARTITIONS.length, replicationFactor }])
}

function batchOf(value: string): RecordBatchBuilder {
  const batch = createRecordBatchBuilder()
  batch.append(Buffer.from('key'), Buffer.from(value), Date.now())
  return batch
}

async function sendToAll(producer: Producer, value: string): Promise<void> {
  await Promise.all(PARTITIONS.map((partition) => producer.send(topic, partition, batchOf(value))))
}

/** The committed values of a partition up to its present end. */
async function valuesOf(partition: number): Promise<string[]> {
  const [end] = await broker.admin.listOffsets([{ topic, partition }], 'latest')
  const fetcher = broker.openFetcher()
  const values: string[] = []
  for (let offset = 0; offset < (end?.offset ?? 0);) {
    const [fetched] = await fetcher.fetch([{ topic, partition, offset }], { maxWaitMs: 1_000 })
    for (const batch of fetched?.batches ?? []) while (batch.next()) values.push(Buffer.from(batch.value ?? []).toString())
    offset = fetched?.nextOffset ?? offset
  }
  await fetcher.close()
  return values
}

describe('With three brokers', () => {
  it('every broker knows a topic once it is created, and none once it is deleted', async () => {
    for (let round = 0; round < 10; round++) {
      await createTopic(3)
      for (let request = 0; request < 3; request++) expect(await broker.admin.describeTopics([topic])).toHaveLength(1)
      await broker.admin.deleteTopics([topic])
      for (let request = 0; request < 3; request++) expect(await broker.admin.describeTopics([topic])).toEqual([])
    }
  })

  it.each([0, 1, 2])(
    'a transaction commits atomically although broker %i dies during a send, between its offsets and its commit',
    async (victim) => {
      await createTopic(3)
      const producer = await broker.openProducer({ transactionalId: topic })
      const offset = { topic, partition: 0, offset: 7 }
      await sendToAll(producer, 'before')
      await producer.sendOffsets({ groupId: topic, memberId: '', generation: -1 }, [offset])
      const dying = kafka.brokers[victim]
      try {
        await Promise.all([sendToAll(producer, 'meanwhile'), dying?.kill()])
        await sendToAll(producer, 'after')
        expect(await producer.commit()).toHaveLength(PARTITIONS.length)
        expect(await broker.groups.committedOffsets(topic, [offset])).toEqual([offset])
        // A partition whose leader has just changed receives the commit marker a little later.
        for (const partition of PARTITIONS)
          await expect.poll(() => valuesOf(partition), { timeout: START_MS / 2 }).toEqual(['before', 'meanwhile', 'after'])
      } finally {
        await dying?.start()
      }
    },
    START_MS,
  )

  it(
    'each is killed and restarted in turn, and every transaction is in all partitions exactly once or in none',
    async () => {
      await createTopic(3)
      const committed: string[] = []
      let isStopped = false
      const writing = (async () => {
        let producer = await broker.openProducer({ transactionalId: topic })
        for (let at = 0; !isStopped; at++) {
          const value = `value ${at}`
          try {
            await sendToAll(producer, value)
            await producer.commit()
            committed.push(value)
          } catch (error) {
            if (![FencedError, OutcomeUnknownError, RetriableBrokerError].some((kind) => error instanceof kind)) throw error
            producer = await broker.openProducer({ transactionalId: topic })
          }
        }
      })()
      const more = async (): Promise<void> => {
        const before = committed.length
        await expect.poll(() => committed.length, { timeout: START_MS }).toBeGreaterThan(before + 10)
      }
      for (const victim of kafka.brokers) {
        await more()
        await victim.kill()
        await more()
        await victim.start()
      }
      isStopped = true
      await writing
      const last = committed.at(-1) ?? ''
      for (const partition of PARTITIONS) await expect.poll(() => valuesOf(partition), { timeout: START_MS / 2 }).toContain(last)
      const [first = [], ...others] = await Promise.all(PARTITIONS.map(valuesOf))
      for (const other of others) expect(other).toEqual(first)
      expect(new Set(first).size).toBe(first.length)
      expect(first).toEqual(expect.arrayContaining(committed))
    },
    2 * START_MS,
  )

  it.each(['dies', 'freezes'] as const)(
    'partitions led by the other brokers are read while one broker %s',
    async (fate) => {
      await createTopic(1)
      const [victim] = kafka.brokers
      const fetcher = broker.openFetcher()
      const positions = new Map(PARTITIONS.map((partition) => [partition, 0]))
      const fetchAll = async (): Promise<void> => {
        const asked = [...positions].map(([partition, offset]) => ({ topic, partition, offset }))
        for (const { partition, nextOffset } of await fetcher.fetch(asked, { maxWaitMs: 1_000 })) positions.set(partition, nextOffset)
      }
      await fetchAll()
      let others: Broker | undefined
      try {
        if (fate === 'dies') await victim?.kill()
        else victim?.pause()
        others = await connectToOthers()
        const led = await partitionsWithLeaders(others)
        expect(led).toHaveLength(4)
        const begun = performance.now()
        for (let round = 0; round < 5; round++) {
          const producer = await others.openProducer({})
          for (const partition of led) await producer.send(topic, partition, batchOf(`round ${round}`))
          const ends = await producer.commit()
          while (ends.some(({ partition, offset }) => (positions.get(partition) ?? 0) < offset)) await fetchAll()
        }
        expect(performance.now() - begun).toBeLessThan(REQUEST_TIMEOUT_MS)
      } finally {
        if (fate === 'dies') await victim?.start()
        else victim?.resume()
        await others?.close()
        await fetcher.close()
      }
    },
    START_MS,
  )
})

/** A client of the second and third broker; resolves once these have fenced the first. */
async function connectToOthers(): Promise<Broker> {
  const addresses = kafka.addresses.slice(1)
  const waiting = await KafkaBroker.open({ addresses, ports })
  await expect.poll(() => waiting.admin.brokerCount(), { timeout: START_MS }).toBe(2)
  await waiting.close()
  return KafkaBroker.open({ addresses, ports, retryTimeoutMs: 500 })
}

/** The partitions that accept a record. */
async function partitionsWithLeaders(client: Broker): Promise<readonly number[]> {
  const accepted = await Promise.all(
    PARTITIONS.map(async (partition) => {
      const producer = await client.openProducer({})
      await producer.send(topic, partition, batchOf('probe'))
      try {
        await producer.commit()
        return [partition]
      } catch (error) {
        if (error instanceof RetriableBrokerError) return []
        throw error
      }
    }),
  )
  return accepted.flat()
}
