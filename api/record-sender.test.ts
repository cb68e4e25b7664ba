import { afterEach, beforeEach, expect, describe, it } from 'vitest'
import { RetriableBrokerError, type Broker, type Producer } from '../topology/index.ts'
import { manualPorts, memoryBroker, override, type ManualPorts } from '../topology/testing/index.ts'
import { RecordSender } from './record-sender.ts'

const KILOBYTE = Buffer.alloc(1_000, 'x')

let ports: ManualPorts
let broker: Broker
let sender: RecordSender
let isDown: boolean
let batches: number[]
let results: string[]

beforeEach(async () => {
  ports = manualPorts()
  broker = await memoryBroker(ports)
  await broker.admin.createTopics([{ name: 'topic', partitions: 1 }])
  ;[isDown, batches, results] = [false, [], []]
  sender = new RecordSender(override(broker, { openProducer: async (options) => watched(await broker.openProducer(options)) }), ports)
})

afterEach(async () => {
  await sender.close()
  await broker.close()
})

function watched(producer: Producer): Producer {
  return override(producer, {
    send: async (topic, partition, batch) => {
      if (isDown) throw new RetriableBrokerError('The broker is down.')
      batches.push(batch.sizeInBytes)
      return producer.send(topic, partition, batch)
    },
  })
}

function send(name: string, giveUpAt: number, value = KILOBYTE): void {
  const report = (result: string) => (): void => void results.push(`${name} ${result}`)
  sender.send({ topic: 'topic', key: Buffer.from(name), value, giveUpAt, onStored: report('stored'), onGivenUp: report('given up') })
}

async function keys(): Promise<string[]> {
  const fetcher = broker.openFetcher()
  const read: string[] = []
  for (let offset = 0; ;) {
    const [fetched] = await fetcher.fetch([{ topic: 'topic', partition: 0, offset }], { maxWaitMs: 0 })
    if (fetched === undefined) break
    for (const batch of fetched.batches) while (batch.next()) read.push(Buffer.from(batch.key ?? []).toString())
    offset = fetched.nextOffset
  }
  await fetcher.close()
  return read
}

describe('The sender of records', () => {
  it('sends what accumulated during an outage in order, in batches that a broker accepts', async () => {
    isDown = true
    send('first', Number.POSITIVE_INFINITY)
    await ports.advance(10)
    const names = Array.from({ length: 3_000 }, (_, at) => `record-${at}`)
    for (const name of names) send(name, Number.POSITIVE_INFINITY)
    await ports.advance(1_000)
    expect(await keys()).toEqual([])
    isDown = false
    await ports.advance(1_000)
    expect(await keys()).toEqual(['first', ...names])
    expect(results).toEqual(['first', ...names].map((name) => `${name} stored`))
    expect(Math.max(...batches)).toBeLessThan(1_000_000)
    expect(batches.length).toBeLessThan(8)
  })

  it('does not send expired records, not even those that expired behind another record', async () => {
    isDown = true
    const now = ports.clock.now()
    send('long', now + 60_000)
    await ports.advance(10)
    send('short', now + 500)
    await ports.advance(1_000)
    isDown = false
    await ports.advance(1_000)
    expect(await keys()).toEqual(['long'])
    expect(results).toEqual(['long stored', 'short given up'])
  })

  it('20.B8 gives up a record that its topic does not take, at once and with the reason, and sends the others', async () => {
    await broker.admin.alterTopic('topic', { 'max.message.bytes': '5000' })
    const refusals: unknown[] = []
    send('first', Number.POSITIVE_INFINITY)
    const large = { topic: 'topic', key: Buffer.from('large'), value: Buffer.alloc(6_000), giveUpAt: Number.POSITIVE_INFINITY }
    sender.send({ ...large, onGivenUp: (refusal) => refusals.push(refusal) })
    for (let at = 0; at < 20; at++) send(`record-${at}`, Number.POSITIVE_INFINITY)
    await ports.advance(10)
    expect(refusals).toEqual([expect.objectContaining({ code: 'BROKER_RECORD_REFUSED', message: expect.stringContaining('"large"') })])
    expect(await keys()).toEqual(['first', ...Array.from({ length: 20 }, (_, at) => `record-${at}`)])
    expect(Math.max(...batches)).toBeLessThanOrEqual(5_000)
  })

  it('20.B8 finds the record that became too large by a lowered limit, and sends the others', async () => {
    send('before', Number.POSITIVE_INFINITY)
    await ports.advance(10)
    await broker.admin.alterTopic('topic', { 'max.message.bytes': '900' })
    for (const [name, bytes] of [
      ['small', 10],
      ['large', 1_000],
      ['small too', 10],
    ] as const)
      send(name, Number.POSITIVE_INFINITY, Buffer.alloc(bytes))
    await ports.advance(1_000)
    expect(results).toEqual(['before stored', 'large given up', 'small stored', 'small too stored'])
    expect(await keys()).toEqual(['before', 'small', 'small too'])
  })

  it('20.B8 gives up the one record that a broker refuses although it fits the settings that can be read', async () => {
    const limits = { maxMessageBytes: 1_048_588, needsKeys: false, timestampBeforeMaxMs: Infinity, timestampAfterMaxMs: Infinity }
    const admin = override(broker.admin, {
      describeTopics: async (names) => (await broker.admin.describeTopics(names)).map((topic) => ({ ...topic, limits })),
    })
    await broker.admin.alterTopic('topic', { 'max.message.bytes': '900' })
    sender = new RecordSender(override(broker, { admin }), ports)
    for (const [name, bytes] of [
      ['small', 10],
      ['large', 1_000],
      ['small too', 10],
    ] as const)
      send(name, Number.POSITIVE_INFINITY, Buffer.alloc(bytes))
    await ports.advance(2_000)
    expect(results).toEqual(['small stored', 'large given up', 'small too stored'])
    expect(await keys()).toEqual(['small', 'small too'])
  })

  it('sends a record that is larger than the batch limit in a batch of its own', async () => {
    send('small', Number.POSITIVE_INFINITY)
    send('large', Number.POSITIVE_INFINITY, Buffer.alloc(950_000))
    send('small again', Number.POSITIVE_INFINITY)
    await ports.advance(100)
    expect(await keys()).toEqual(['small', 'large', 'small again'])
    expect(batches.length).toBe(3)
  })
})
