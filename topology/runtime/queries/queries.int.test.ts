import { once } from 'node:events'
import { createServer } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStorage, Serdes, Stores, type KeyValueStore, type VersionedKeyValueStore } from '../../../state/index.ts'
import {
  createRecordBatchBuilder,
  EmbeddedBroker,
  partitionName,
  partitionOf,
  type Broker,
  type PartitionOffset,
} from '../../broker/index.ts'
import { StreamsBuilder, tumbling } from '../../dsl/index.ts'
import { NotAvailableError } from '../../errors.ts'
import type { Topology } from '../../graph/index.ts'
import { systemPorts } from '../../system-ports.ts'
import { HttpQueryTransport, inProcessQueryTransport, memoryTaskStorages, Streams, StreamsObserver, type QueryTransport } from '../index.ts'
import { silentLogger } from '../../testing/silent-logger.ts'

const PARTITIONS = 4
const SECRET = 'shared by the instances'
const ports = systemPorts(silentLogger)
const text = (value: string): Buffer => Buffer.from(value, 'utf8')
let gotStuck = (): void => undefined
let isStuck = true
const opened: { stop(): Promise<void> }[] = []

afterEach(async () => {
  isStuck = true
  for (const resource of opened.splice(0).reverse()) await resource.stop()
})

/** Latest value per key, versions of each key, count per key and second, and a global table. */
function manyStores(): Topology {
  const builder = new StreamsBuilder()
  builder.globalTable('prices', { name: 'prices', key: Serdes.string, value: Serdes.string })
  const words = builder.stream('in', { key: Serdes.string, value: Serdes.string })
  words.process(
    () => {
      let latest: KeyValueStore<string, string> | undefined
      let history: VersionedKeyValueStore<string, string> | undefined
      return {
        init: (context) => {
          latest = context.store('latest')
          history = context.store('history')
        },
        process: ({ key, value, timestamp }) => {
          latest?.put(key, value, timestamp)
          history?.put(key, value, timestamp)
          if (value !== 'stuck' || !isStuck) return
          gotStuck()
          throw Object.assign(new Error('not now'), { ready: new Promise(() => undefined) })
        },
      }
    },
    {
      name: 'keep',
      stores: [
        Stores.keyValue({ name: 'latest', key: Serdes.string, value: Serdes.string, timestamped: true }),
        Stores.versioned({ name: 'history', key: Serdes.string, value: Serdes.string, historyMs: 10_000 }),
      ],
    },
  )
  words
    .groupByKey()
    .windowedBy(tumbling({ sizeMs: 1_000, graceMs: 5_000 }))
    .count({ name: 'per-second' })
  return builder.build()
}

async function openBroker(): Promise<Broker> {
  const broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports })
  opened.push({ stop: () => broker.close() })
  await broker.admin.createTopics(['in', 'prices'].map((name) => ({ name, partitions: PARTITIONS })))
  return broker
}

async function start(
  broker: Broker,
  instanceId: string,
  queryTransport: QueryTransport,
  endpoint = `${instanceId}-endpoint`,
): Promise<Streams> {
  const streams = new Streams({
    topology: manyStores(),
    applicationId: 'app',
    instanceId,
    endpoint,
    queryTransport,
    broker,
    ports,
    storages: memoryTaskStorages(),
    sessionTimeoutMs: 400,
    heartbeatIntervalMs: 20,
  })
  opened.push(streams)
  await streams.start()
  return streams
}

async function put(
  broker: Broker,
  key: string,
  value: string | null,
  timestamp: number,
  topic = 'in',
): Promise<readonly PartitionOffset[]> {
  const producer = await broker.openProducer({})
  const batch = createRecordBatchBuilder()
  batch.append(text(key), value === null ? null : text(value), timestamp)
  await producer.send(topic, partitionOf(text(key), PARTITIONS), batch)
  const written = await producer.commit()
  await producer.close()
  return written
}

const keys = Array.from({ length: 12 }, (_, at) => `key-${String(at).padStart(2, '0')}`)

async function fill(broker: Broker): Promise<readonly PartitionOffset[]> {
  const written = new Map<string, PartitionOffset>()
  for (const key of keys) for (const offset of await put(broker, key, `of ${key}`, 1_500)) written.set(partitionName(offset), offset)
  return [...written.values()]
}

/** An instance with an HTTP server of its own; resolves with the server's URL. */
async function startOverHttp(broker: Broker, instanceId: string): Promise<string> {
  const transport = new HttpQueryTransport({ secret: SECRET })
  const server = createServer((request, response) => {
    void textOf(request).then(async (body) => {
      const answer = await transport.respond(request.headers.authorization, body)
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({ stop: async () => void server.close() })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  const url = `http://127.0.0.1:${address.port}`
  await start(broker, instanceId, transport, url)
  return url
}

async function observe(broker: Broker, secret = SECRET): Promise<StreamsObserver> {
  const observer = await StreamsObserver.open({
    topology: manyStores(),
    applicationId: 'app',
    broker,
    ports,
    queryTransport: new HttpQueryTransport({ secret }),
    pollMs: 20,
  })
  opened.push({ stop: () => observer.close() })
  return observer
}

describe('Queries over HTTP', () => {
  it('are answered for an observer, whichever instance owns the key', async () => {
    const broker = await openBroker()
    await put(broker, 'tea', '3', 1, 'prices')
    await startOverHttp(broker, 'one')
    await startOverHttp(broker, 'two')
    const { queries } = await observe(broker)
    const atLeast = await fill(broker)
    const latest = queries.keyValue<string, string>('latest')
    for (const key of keys) expect(await latest.get(key, { atLeast })).toEqual({ key, value: `of ${key}`, timestamp: 1_500 })
    expect(await latest.get('unknown')).toBeUndefined()
    expect((await latest.range('key-03', undefined)).length).toBe(9)
    expect((await queries.window<string, number>('per-second').fetchRange('key-00', 0, 2_000))[0]).toMatchObject({ value: 1 })
    expect(await queries.keyValue<string, string>('prices').get('tea')).toMatchObject({ value: '3' })
  })

  it('wait for a position on the other instance, and reject when it is not reached in time', async () => {
    const broker = await openBroker()
    await startOverHttp(broker, 'one')
    const [written] = await put(broker, 'a', 'x', 1)
    const beyond = [{ topic: 'in', partition: written?.partition ?? 0, offset: (written?.offset ?? 0) + 1 }]
    const latest = (await observe(broker)).queries.keyValue<string, string>('latest')
    await expect(latest.get('a', { atLeast: beyond, timeoutMs: 50 })).rejects.toThrow(NotAvailableError)
  })

  it('are rejected without the secret, and when they are malformed', async () => {
    const broker = await openBroker()
    const url = await startOverHttp(broker, 'one')
    const { queries } = await observe(broker, 'another secret')
    await expect(queries.keyValue('latest').get('a', { timeoutMs: 100 })).rejects.toThrow(NotAvailableError)
    const ask = (body: string, secret?: string) =>
      fetch(`${url}/queries`, { method: 'POST', body, headers: secret === undefined ? {} : { authorization: `Bearer ${secret}` } })
    expect((await ask('{}')).status).toBe(401)
    expect((await ask('no json', SECRET)).status).toBe(400)
    expect((await ask('{"store":"nowhere","partition":0,"query":{"kind":"get"},"atLeast":[],"waitMs":0}', SECRET)).status).toBe(400)
  })
})

describe('Queries', () => {
  it('are answered by every instance, whichever owns the key', async () => {
    const broker = await openBroker()
    const transport = inProcessQueryTransport()
    const instances = [
      await start(broker, 'one', transport),
      await start(broker, 'two', transport),
      await start(broker, 'three', transport),
    ]
    const atLeast = await fill(broker)
    for (const { queries } of instances) {
      const latest = queries.keyValue<string, string>('latest')
      for (const key of keys) expect(await latest.get(key, { atLeast })).toEqual({ key, value: `of ${key}`, timestamp: 1_500 })
      expect(await latest.get('unknown')).toBeUndefined()
    }
  })

  it('merge the rows of all partitions in key order', async () => {
    const broker = await openBroker()
    const transport = inProcessQueryTransport()
    const [one] = [await start(broker, 'one', transport), await start(broker, 'two', transport)]
    const atLeast = await fill(broker)
    const latest = one.queries.keyValue<string, string>('latest')
    const keysOf = (rows: readonly { key: string }[]): string[] => rows.map(({ key }) => key)
    expect(keysOf(await latest.all({ atLeast }))).toEqual(keys)
    expect(keysOf(await latest.range('key-03', 'key-05'))).toEqual(['key-03', 'key-04', 'key-05'])
    expect(keysOf(await latest.all({ reverse: true, limit: 2 }))).toEqual(['key-11', 'key-10'])
    expect(keysOf(await latest.prefixScan(text('key-1')))).toEqual(['key-10', 'key-11'])
    const own = keys.filter((key) => partitionOf(text(key), PARTITIONS) === partitionOf(text('key-00'), PARTITIONS))
    expect(keysOf(await latest.all({ partitionKey: text('key-00') }))).toEqual(own)
  })

  it('read windows and past versions', async () => {
    const broker = await openBroker()
    const { queries } = await start(broker, 'one', inProcessQueryTransport())
    await put(broker, 'a', 'first', 1_000)
    await put(broker, 'a', 'second', 1_700)
    await put(broker, 'b', 'other', 2_000)
    const written = [...(await put(broker, 'a', null, 2_500)), ...(await put(broker, 'b', 'other', 2_600))]
    const perSecond = queries.window<string, number>('per-second')
    expect(await perSecond.fetchRange('a', 0, 1_000, { atLeast: written })).toEqual([
      { key: 'a', value: 2, start: 1_000, timestamp: 1_700 },
    ])
    expect((await perSecond.fetchAll(0, 2_000)).map(({ key, start, value }) => [key, start, value])).toEqual([
      ['a', 1_000, 2],
      ['a', 2_000, 1],
      ['b', 2_000, 2],
    ])
    const history = queries.versioned<string, string>('history')
    expect(await history.get('a')).toBeUndefined()
    expect(await history.getAsOf('a', 1_699)).toMatchObject({ value: 'first', timestamp: 1_000 })
    expect((await history.history('a', 0, 9_000)).map(({ value, validTo }) => [value, validTo])).toEqual([
      ['second', 2_500],
      ['first', 1_700],
    ])
  })

  it('read global stores on the instance itself', async () => {
    const broker = await openBroker()
    await put(broker, 'tea', '3', 1, 'prices')
    const { queries } = await start(broker, 'one', inProcessQueryTransport())
    expect(await queries.keyValue<string, string>('prices').get('tea')).toMatchObject({ value: '3' })
  })

  it('never return uncommitted values', async () => {
    const broker = await openBroker()
    const { queries } = await start(broker, 'one', inProcessQueryTransport())
    const atLeast = await put(broker, 'a', 'committed', 1)
    const latest = queries.keyValue<string, string>('latest')
    expect(await latest.get('a', { atLeast })).toMatchObject({ value: 'committed' })
    const stuck = new Promise<void>((resolve) => (gotStuck = resolve))
    await put(broker, 'a', 'stuck', 2)
    await stuck
    expect(await latest.get('a')).toMatchObject({ value: 'committed' })
  })

  it('follow a task that moves while they wait for it', async () => {
    const broker = await openBroker()
    const transport = inProcessQueryTransport()
    const instances = [await start(broker, 'one', transport), await start(broker, 'two', transport)]
    const stuck = new Promise<void>((resolve) => (gotStuck = resolve))
    const atLeast = await put(broker, 'a', 'stuck', 1)
    await stuck
    const task = `0_${atLeast[0]?.partition}`
    const owner = instances.find((instance) => instance.task(task) !== undefined)
    const other = instances.find((instance) => instance !== owner)
    const answer = other?.queries.keyValue<string, string>('latest').get('a', { atLeast })
    isStuck = false
    await owner?.stop()
    expect(await answer).toMatchObject({ value: 'stuck' })
  })

  it('wait for a position, and reject when it is not reached in time', async () => {
    const broker = await openBroker()
    const { queries } = await start(broker, 'one', inProcessQueryTransport())
    const [written] = await put(broker, 'a', 'x', 1)
    const beyond = [{ topic: 'in', partition: written?.partition ?? 0, offset: (written?.offset ?? 0) + 1 }]
    const latest = queries.keyValue<string, string>('latest')
    await expect(latest.get('a', { atLeast: beyond, timeoutMs: 50 })).rejects.toThrow(NotAvailableError)
    const waiting = latest.get('a', { atLeast: beyond })
    await put(broker, 'a', 'y', 2)
    expect(await waiting).toMatchObject({ value: 'y' })
  })

  it('follow a task to its new owner', async () => {
    const broker = await openBroker()
    const transport = inProcessQueryTransport()
    const one = await start(broker, 'one', transport)
    const two = await start(broker, 'two', transport)
    const atLeast = await fill(broker)
    const latest = two.queries.keyValue<string, string>('latest')
    expect((await latest.all({ atLeast })).length).toBe(keys.length)
    await one.kill()
    for (const key of keys) expect(await latest.get(key)).toMatchObject({ value: `of ${key}` })
  })

  it('reject an unknown store, and a store of another kind', async () => {
    const { queries } = await start(await openBroker(), 'one', inProcessQueryTransport())
    expect(() => queries.keyValue('nowhere')).toThrow(/No store "nowhere"/)
    expect(() => queries.window('latest')).toThrow(/kind keyValue, not window/)
  })
})
