import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemPorts } from '../../system-ports.ts'
import { createRecordBatchBuilder } from '../record-batch/index.ts'
import { KafkaBroker } from './kafka-broker.ts'
import { kafkaAddresses } from './testing/kafka-addresses.ts'

const ignore = (): void => undefined
const ports = systemPorts({ debug: ignore, info: ignore, warn: ignore, error: ignore })
const PARTITIONS = 12
const BATCH_BYTES = 10 << 20

/** A broker closes the connection on a request of more than 100 MiB (`socket.request.max.bytes`), at every retry again. */
describe('20.B8 a transaction of more than one request can carry', () => {
  const topic = `wide-${ports.random.uuid()}`
  let broker: KafkaBroker

  beforeAll(async () => {
    broker = await KafkaBroker.open({ addresses: kafkaAddresses(), ports, retryTimeoutMs: 10_000 })
    await broker.admin.createTopics([{ name: topic, partitions: PARTITIONS, config: { 'max.message.bytes': String(BATCH_BYTES + 1_000) } }])
  })
  afterAll(async () => {
    await broker.admin.deleteTopics([topic])
    await broker.close()
  })

  it('is sent in several requests, in the order of each partition', async () => {
    const producer = await broker.openProducer({ transactionalId: topic })
    const batch = createRecordBatchBuilder()
    batch.append(null, Buffer.alloc(BATCH_BYTES), ports.clock.now())
    const small = createRecordBatchBuilder()
    small.append(null, Buffer.from('last'), ports.clock.now())
    const sends = Array.from({ length: PARTITIONS }, (_, partition) => producer.send(topic, partition, batch))
    sends.push(producer.send(topic, PARTITIONS - 1, small))
    await Promise.all(sends)
    const ends = await producer.commit()
    expect(ends.map(({ partition, offset }) => [partition, offset]).sort(([a = 0], [b = 0]) => a - b)).toEqual(
      Array.from({ length: PARTITIONS }, (_, partition) => [partition, partition === PARTITIONS - 1 ? 2 : 1]),
    )
    const [fetched] = await broker.openFetcher().fetch([{ topic, partition: PARTITIONS - 1, offset: 1 }], { maxWaitMs: 5_000 })
    const last = fetched?.batches.at(-1)
    last?.next()
    expect(Buffer.from(last?.value ?? []).toString()).toBe('last')
  })
})
