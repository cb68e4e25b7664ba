import { crc32c } from '@node-rs/crc32'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Logger } from '../../ports.ts'
import { systemPorts } from '../../system-ports.ts'
import type { Broker } from '../broker.ts'
import type { SocketFactory } from './socket.ts'
import { RetriableBrokerError } from '../errors.ts'
import { layout as at } from '../record-batch/index.ts'
import { batchOf, produce, recordsOf, valuesOf } from '../testing/records.ts'
import { KafkaCluster } from './kafka-cluster.ts'
import { Code, leaderError, produce as produceRequest } from './protocol/index.ts'
import { KafkaBroker } from './kafka-broker.ts'
import { kafkaAddresses } from './testing/kafka-addresses.ts'

const NOWHERE = { host: '127.0.0.1', port: 1 }
const RETRY_TIMEOUT_MS = 200
const ZSTD = 4

const logged: string[] = []
const ignore = (): void => undefined
const logger: Logger = { debug: ignore, info: (text) => logged.push(text), warn: (text) => logged.push(text), error: ignore }
const ports = systemPorts(logger)

let topic: string
let broker: Broker

beforeEach(() => {
  topic = `recovery-${ports.random.uuid()}`
  logged.length = 0
})

afterEach(() => broker.close())

describe('A client of Kafka', () => {
  it('recovers after connections were refused for a long time, and logs the outage once', async () => {
    const network = new Network()
    broker = await KafkaBroker.open({
      addresses: kafkaAddresses(),
      ports,
      retryTimeoutMs: RETRY_TIMEOUT_MS,
      socketFactory: network.factory,
    })
    await broker.admin.createTopics([{ name: topic, partitions: 1, config: { 'retention.ms': '-1' } }])
    const fetcher = broker.openFetcher()
    const waiting = fetcher.fetch([{ topic, partition: 0, offset: 0 }], { maxWaitMs: 60_000 })
    network.cut()
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(broker.openProducer({ transactionalId: topic })).rejects.toBeInstanceOf(RetriableBrokerError)
      await expect(broker.admin.describeTopics([topic])).rejects.toBeInstanceOf(RetriableBrokerError)
      await expect(broker.groups.committedOffsets(topic, [{ topic, partition: 0 }])).rejects.toBeInstanceOf(RetriableBrokerError)
    }
    expect(logged).toEqual(kafkaAddresses().map(() => 'Kafka broker is unreachable'))
    network.mend()
    const producer = await reopenedProducer(broker)
    await produce(producer, { topic, partition: 0 }, 'after')
    const [fetched] = await waiting
    expect(fetched?.batches.flatMap(recordsOf).map(({ value }) => value)).toEqual(['after'])
    expect(logged.filter((text) => text === 'Kafka broker is reachable again')).toHaveLength(kafkaAddresses().length)
    await fetcher.close()
  })

  it('reads a zstd frame that says its size and has one raw block', async () => {
    broker = await KafkaBroker.open({ addresses: kafkaAddresses(), ports })
    await broker.admin.createTopics([{ name: topic, partitions: 1, config: { 'retention.ms': '-1' } }])
    const zstd = { topic, partition: 0 }
    await writeZstdBatch(topic)
    const producer = await broker.openProducer({})
    await produce(producer, zstd, 'after it')
    expect(await valuesOf(broker, zstd)).toEqual(['strange', 'after it'])
  })

  it('begins the next transaction within milliseconds of the last one', async () => {
    const pauses: number[] = []
    const sleep = (delayMs: number): Promise<void> => {
      pauses.push(delayMs)
      return ports.timers.sleep(delayMs)
    }
    broker = await KafkaBroker.open({ addresses: kafkaAddresses(), ports: { ...ports, timers: { ...ports.timers, sleep } } })
    await broker.admin.createTopics([{ name: topic, partitions: 1 }])
    const producer = await broker.openProducer({ transactionalId: topic })
    pauses.length = 0
    const transactions = 100
    for (let count = 0; count < transactions; count++) {
      await producer.sendOffsets({ groupId: topic, memberId: '', generation: -1 }, [{ topic, partition: 0, offset: count }])
      await produce(producer, { topic, partition: 0 }, `value ${count}`)
    }
    expect(Math.max(0, ...pauses)).toBeLessThanOrEqual(20)
    expect(pauses.reduce((sum, pause) => sum + pause, 0) / transactions).toBeLessThan(40)
  })
})

/** Creates sockets. `cut` destroys them, and new ones are refused until `mend`. */
class Network {
  readonly #sockets = new Set<ReturnType<typeof connect>>()
  #isCut = false

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy(new Error('the network was cut'))
  }

  mend(): void {
    this.#isCut = false
  }

  readonly factory: SocketFactory = ({ host, port }) => {
    const socket = connect(this.#isCut ? NOWHERE : { host, port })
    this.#sockets.add(socket)
    return socket
  }
}

async function reopenedProducer(from: Broker) {
  for (;;) {
    try {
      return await from.openProducer({ transactionalId: topic })
    } catch (error) {
      if (!(error instanceof RetriableBrokerError)) throw error
    }
  }
}

/** Writes one record in a Zstandard frame with one raw block that says its size. */
async function writeZstdBatch(to: string): Promise<void> {
  const plain = batchOf('strange').seal({ baseOffset: 0, producerId: -1, producerEpoch: -1, firstSequence: -1, transactional: false })
  const records = plain.subarray(at.RECORDS)
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, records.length, 0, 0, 0])
  head.writeUIntLE((records.length << 3) | 1, 6, 3)
  const bytes = Buffer.concat([plain.subarray(0, at.RECORDS), head, records])
  bytes.writeInt32BE(bytes.length - at.LENGTH_COUNTS_FROM, at.LENGTH)
  bytes.writeInt16BE(bytes.readInt16BE(at.ATTRIBUTES) | ZSTD, at.ATTRIBUTES)
  bytes.writeUInt32BE(crc32c(bytes.subarray(at.ATTRIBUTES)), at.CHECKSUM)
  const cluster = new KafkaCluster({ addresses: kafkaAddresses(), clientId: 'strange', ports, retryTimeoutMs: 10_000 })
  try {
    await cluster.retrying(async () => {
      const leader = await cluster.leaderOf({ topic: to, partition: 0 })
      const [written] = await cluster.request(leader, produceRequest(null, [{ topic: to, partition: 0, bytes }]))
      if (written !== undefined && written.error !== Code.none) throw leaderError(written.error, 'Produce')
    })
  } finally {
    cluster.close()
  }
}
