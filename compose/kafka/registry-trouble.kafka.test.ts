import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { ConfluentRegistry, RecordCodec, UnknownSchemaError, type TransferCompleted } from '../../schemas/index.ts'
import {
  createRecordBatchBuilder,
  KafkaBroker,
  memoryTaskStorages,
  Streams,
  StreamsBuilder,
  systemPorts,
  type Broker,
  type Topology,
} from '../../topology/index.ts'
import { TestLog } from '../../topology/testing/index.ts'

const POLLING = { timeout: 30_000 }
const COMPLETED: TransferCompleted = {
  type: 'TransferCompleted',
  command: 'c1',
  transferId: 't1',
  version: 2,
  time: 1_700_000_000_000,
}
const log = new TestLog(systemPorts().clock)
const ports = systemPorts(log.logger)

let id: string
let broker: Broker
let streams: Streams | undefined
let gate: RegistryGate | undefined

beforeEach(async ({ onTestFailed }) => {
  log.tellIf(onTestFailed)
  id = `trouble-${randomUUID()}`
  broker = await KafkaBroker.open({ addresses: inject('kafka'), ports })
  await broker.admin.createTopics([`${id}-in`, `${id}-out`].map((name) => ({ name, partitions: 2 })))
})

afterEach(async () => {
  await streams?.stop()
  streams = undefined
  await gate?.close()
  gate = undefined
  await broker.close()
})

const bytesSerde = { serialize: (value: Uint8Array) => value, deserialize: (bytes: Uint8Array) => bytes }

/** Decodes every record and writes its transfer id. */
function transferIdTopology(codec: RecordCodec): Topology {
  const text = { serialize: (value: string) => Buffer.from(value), deserialize: (bytes: Uint8Array) => Buffer.from(bytes).toString() }
  const builder = new StreamsBuilder()
  builder
    .stream(`${id}-in`, { key: bytesSerde, value: codec.serde('TransferCompleted') })
    .mapValues((record) => record?.transferId ?? '')
    .to(`${id}-out`, { key: bytesSerde, value: text })
  return builder.build()
}

async function start(codec: RecordCodec): Promise<void> {
  streams = new Streams({
    topology: transferIdTopology(codec),
    applicationId: id,
    instanceId: 'one',
    broker,
    ports,
    storages: memoryTaskStorages(),
  })
  await streams.start()
}

async function send(partition: number, ...values: readonly Uint8Array[]): Promise<void> {
  const producer = await broker.openProducer({})
  for (const value of values) {
    const batch = createRecordBatchBuilder()
    batch.append(Buffer.from(`${partition}`), value, Date.now())
    await producer.send(`${id}-in`, partition, batch)
  }
  await producer.commit()
  await producer.close()
}

/** The output for the records of an input partition, which have its number as their key. */
async function outputOf(partition: number): Promise<readonly string[]> {
  const rows = [...(await read(`${id}-out`, 0)), ...(await read(`${id}-out`, 1))]
  return rows.filter(({ key }) => key === `${partition}`).map(({ value }) => value)
}

async function read(topic: string, partition: number): Promise<readonly { readonly key: string; readonly value: string }[]> {
  const fetcher = broker.openFetcher()
  const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString()
  const rows = []
  for (let offset = 0; ;) {
    const [fetched] = await fetcher.fetch([{ topic, partition, offset }], { maxWaitMs: 0 })
    if (fetched === undefined) break
    for (const batch of fetched.batches) while (batch.next()) rows.push({ key: text(batch.key), value: text(batch.value) })
    offset = fetched.nextOffset
  }
  await fetcher.close()
  return rows
}

async function expectNoDeadLetters(): Promise<void> {
  expect(await read(`${id}-dead-letters`, 0)).toEqual([])
  expect(streams?.tasks().map(({ deadLetters }) => deadLetters)).toEqual([0, 0])
}

/** The schema of a later version, with a field that this version does not know. */
function laterSchema(): string {
  const fields = [
    { name: 'command', type: 'string' },
    { name: 'version', type: 'int' },
    { name: 'time', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'transferId', type: 'string' },
    { name: 'note', type: 'string', default: '' },
  ]
  return JSON.stringify({ type: 'record', name: 'TransferCompleted', namespace: 'bob.events', doc: id, fields })
}

/** The same bytes under another schema id, followed by an empty `note`. */
function asLater(bytes: Uint8Array, schemaId: number): Uint8Array {
  const later = Buffer.concat([bytes, Buffer.of(0)])
  later.writeUInt32BE(schemaId, 1)
  return later
}

describe('An instance', () => {
  it('pauses a partition until the schema of its next record is registered, and processes the others meanwhile', async () => {
    const registry = new ConfluentRegistry({ url: inject('registry') })
    const codec = await RecordCodec.open(registry)
    const record = codec.serde('TransferCompleted').serialize(COMPLETED)
    const next = 1 + (await registry.register(`${id}-probe`, JSON.stringify({ type: 'record', name: id.replaceAll('-', ''), fields: [] })))
    await expect(registry.schema(next)).rejects.toBeInstanceOf(UnknownSchemaError)
    await start(codec)
    await send(0, record, asLater(record, next), record)
    await send(1, record, record, record)
    await expect.poll(() => outputOf(1), POLLING).toEqual(['t1', 't1', 't1'])
    await expect.poll(() => outputOf(0), POLLING).toEqual(['t1'])
    await send(1, record)
    await expect.poll(() => outputOf(1), POLLING).toHaveLength(4)
    expect(await outputOf(0)).toEqual(['t1'])
    await expectNoDeadLetters()
    expect(await registry.register(`${id}-later`, laterSchema())).toBe(next)
    await expect.poll(() => outputOf(0), POLLING).toEqual(['t1', 't1', 't1'])
    await expectNoDeadLetters()
  })

  it('starts while the registry is down, keeps records waiting that it cannot decode, and decodes them once the registry is back', async () => {
    const bytes = (await RecordCodec.open(new ConfluentRegistry({ url: inject('registry') })))
      .serde('TransferCompleted')
      .serialize(COMPLETED)
    gate = await RegistryGate.listen()
    const url = new URL(inject('registry'))
    url.port = String(gate.port)
    await start(await RecordCodec.open(new ConfluentRegistry({ url: url.href })))
    await send(0, bytes, bytes)
    await expect.poll(() => streams?.tasks().find(({ name }) => name === '0_1')?.state, POLLING).toBe('running')
    await expect.poll(() => streams?.health().problems.join(), POLLING).toContain('task 0_0 is waiting')
    await expect.poll(() => gate?.refused, POLLING).toBeGreaterThan(1)
    expect(await outputOf(0)).toEqual([])
    await expectNoDeadLetters()
    gate.isOpen = true
    await expect.poll(() => outputOf(0), POLLING).toEqual(['t1', 't1'])
    await expectNoDeadLetters()
  })
})

/** A TCP proxy to the registry that refuses connections until it is open. */
class RegistryGate {
  isOpen = false
  /** Connections closed while the gate was not open. */
  refused = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    const registryPort = Number(new URL(inject('registry')).port)
    this.#server = createServer((socket) => {
      if (!this.isOpen) {
        this.refused++
        socket.destroy()
        return
      }
      const registry = connect(registryPort, '127.0.0.1')
      for (const [source, target] of [
        [socket, registry],
        [registry, socket],
      ] as const) {
        this.#sockets.add(source)
        source.on('error', () => target.destroy()) // the peer sees the connection end
        source.pipe(target)
      }
    })
  }

  static async listen(): Promise<RegistryGate> {
    const gate = new RegistryGate()
    gate.#server.listen(0, '127.0.0.1')
    await once(gate.#server, 'listening')
    return gate
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The gate has no port.')
    return address.port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
