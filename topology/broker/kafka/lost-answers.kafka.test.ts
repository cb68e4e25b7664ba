import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemPorts } from '../../system-ports.ts'
import type { Broker, TopicPartition } from '../broker.ts'
import { OutcomeUnknownError } from '../errors.ts'
import { outsider } from '../testing/outsider.ts'
import { batchOf, produce, valuesOf } from '../testing/records.ts'
import { KafkaBroker } from './kafka-broker.ts'
import { kafkaAddresses } from './testing/kafka-addresses.ts'
import { LossySockets, type Loss } from './testing/lossy-sockets.ts'
import { silentLogger } from '../../testing/silent-logger.ts'

const PRODUCE = 0
const TXN_OFFSET_COMMIT = 28
const END_TXN = 26
const ports = systemPorts(silentLogger)

let id: string
let partition: TopicPartition
let sockets: LossySockets
let broker: Broker

beforeEach(async () => {
  id = ports.random.uuid()
  partition = { topic: `lost-${id}`, partition: 0 }
  sockets = new LossySockets()
  broker = await KafkaBroker.open({ addresses: kafkaAddresses(), ports, socketFactory: sockets.factory })
  await broker.admin.createTopics([{ name: partition.topic, partitions: 1, config: { 'retention.ms': '-1' } }])
})

afterEach(() => broker.close())

describe('When a connection breaks', () => {
  it.each<[loss: Loss, happened: boolean]>([
    ['request', false],
    ['answer', true],
  ])('at the %s of a commit, its outcome is unknown until the id is opened again', async (loss, happened) => {
    const producer = await broker.openProducer({ transactionalId: id })
    await producer.send(partition.topic, 0, batchOf('in doubt'))
    await producer.sendOffsets(outsider(id), [{ ...partition, offset: 7 }])
    sockets.lose(END_TXN, loss)
    await expect(producer.commit()).rejects.toBeInstanceOf(OutcomeUnknownError)
    expect(sockets.hasLost).toBe(true)
    await expect(producer.send(partition.topic, 0, batchOf('too much'))).rejects.toBeInstanceOf(OutcomeUnknownError)
    await expect(producer.commit()).rejects.toBeInstanceOf(OutcomeUnknownError)
    const next = await broker.openProducer({ transactionalId: id })
    expect(await broker.groups.committedOffsets(id, [partition])).toEqual(happened ? [{ ...partition, offset: 7 }] : [])
    await produce(next, partition, 'after')
    await expect.poll(() => valuesOf(broker, partition)).toEqual(happened ? ['in doubt', 'after'] : ['after'])
  })

  it.each<Loss>(['request', 'answer'])('at the %s of a send, the records are written once and in order', async (loss) => {
    const producer = await broker.openProducer({ transactionalId: id })
    await producer.send(partition.topic, 0, batchOf('a'))
    sockets.lose(PRODUCE, loss)
    await producer.send(partition.topic, 0, batchOf('b', 'c'))
    expect(sockets.hasLost).toBe(true)
    await producer.send(partition.topic, 0, batchOf('d'))
    await producer.commit()
    await produce(producer, partition, 'e')
    await expect.poll(() => valuesOf(broker, partition)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it.each<Loss>(['request', 'answer'])('at the %s of sendOffsets, the transaction continues', async (loss) => {
    const producer = await broker.openProducer({ transactionalId: id })
    await producer.send(partition.topic, 0, batchOf('a'))
    sockets.lose(TXN_OFFSET_COMMIT, loss)
    await producer.sendOffsets(outsider(id), [{ ...partition, offset: 7 }])
    expect(sockets.hasLost).toBe(true)
    await producer.commit()
    expect(await broker.groups.committedOffsets(id, [partition])).toEqual([{ ...partition, offset: 7 }])
  })
})
