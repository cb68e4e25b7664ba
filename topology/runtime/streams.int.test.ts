import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStorage, Serdes } from '../../state/index.ts'
import { createRecordBatchBuilder, EmbeddedBroker, partitionOf, type Broker } from '../broker/index.ts'
import { StreamsBuilder } from '../dsl/index.ts'
import type { Topology } from '../graph/index.ts'
import { systemPorts } from '../system-ports.ts'
import { memoryTaskStorages, Streams } from './index.ts'

const PARTITIONS = 4
const text = (value: string): Buffer => Buffer.from(value, 'utf8')
const ports = systemPorts()
const opened: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop()
})

async function openBroker(): Promise<Broker> {
  const broker = await EmbeddedBroker.open({ storage: new MemoryStorage(), ports })
  opened.push({ stop: () => broker.close() })
  await broker.admin.createTopics(['in', 'out'].map((name) => ({ name, partitions: PARTITIONS })))
  return broker
}

function counting(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('in', { key: Serdes.string, value: Serdes.string })
    .peek((value) => {
      if (value === 'poison') throw new Error('cannot swallow this')
    })
    .groupBy((value) => String(value), { name: 'by-word', key: Serdes.string })
    .count({ name: 'counts' })
    .toStream()
    .to('out', { key: Serdes.string, value: Serdes.long })
  return builder.build()
}

async function start(broker: Broker, instanceId: string, storages = memoryTaskStorages()): Promise<Streams> {
  const streams = new Streams({
    topology: counting(),
    applicationId: 'words',
    instanceId,
    broker,
    ports,
    storages,
    sessionTimeoutMs: 400,
    heartbeatIntervalMs: 20,
  })
  opened.push(streams)
  await streams.start()
  return streams
}

async function send(broker: Broker, words: readonly string[]): Promise<void> {
  const producer = await broker.openProducer({})
  for (const word of words) {
    const batch = createRecordBatchBuilder()
    batch.append(text(word), text(word), 1)
    await producer.send('in', partitionOf(text(word), PARTITIONS), batch)
  }
  await producer.commit()
  await producer.close()
}

/** All records of the topic so far, oldest first in each partition. */
async function read(
  broker: Broker,
  topic: string,
  partitions = PARTITIONS,
): Promise<{ key: string; value: number; bytes: string; reason: string | undefined }[]> {
  const rows = []
  const fetcher = broker.openFetcher()
  for (let partition = 0; partition < partitions; partition++) {
    const [end] = await broker.admin.listOffsets([{ topic, partition }], 'latest')
    for (let offset = 0; offset < (end?.offset ?? 0);) {
      const [fetched] = await fetcher.fetch([{ topic, partition, offset }], { maxWaitMs: 0 })
      if (fetched === undefined) break
      for (const batch of fetched.batches) {
        while (batch.next()) {
          const value = Buffer.from(batch.value ?? [])
          const reason = batch.headers.find(({ key }) => key === 'dead-letter.reason')?.value
          rows.push({
            key: Buffer.from(batch.key ?? []).toString(),
            value: value.length === 8 ? Serdes.long.deserialize(value) : -1,
            bytes: value.toString(),
            reason: reason && Buffer.from(reason).toString(),
          })
        }
      }
      offset = fetched.nextOffset
    }
  }
  await fetcher.close()
  return rows as { key: string; value: number; bytes: string; reason: string | undefined }[]
}

async function eventually<T>(look: () => Promise<T>, isEnough: (seen: T) => boolean): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const seen = await look()
    if (isEnough(seen) || attempt === 400) return seen
    await ports.timers.sleep(10)
  }
}

const countsOf = (rows: readonly { key: string; value: number }[], word: string): number[] =>
  rows.filter(({ key }) => key === word).map(({ value }) => value)

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)

describe('an application of several instances', () => {
  it('counts each record once, through a repartition topic', async () => {
    const broker = await openBroker()
    await start(broker, 'one')
    await send(broker, ['a', 'b', 'a', 'c', 'a'])
    const rows = await eventually(
      () => read(broker, 'out'),
      (seen) => seen.length >= 5,
    )
    expect(countsOf(rows, 'a')).toEqual([1, 2, 3])
    expect(countsOf(rows, 'b')).toEqual([1])
  })

  it('divides the tasks, and goes on counting when an instance is added, stopped and killed', async () => {
    const broker = await openBroker()
    const one = await start(broker, 'one')
    const words = upTo(8).map((number) => `w${number}`)
    const everyone = async (rounds: number): Promise<void> => {
      const rows = await eventually(
        () => read(broker, 'out'),
        (seen) => seen.length >= rounds * words.length,
      )
      for (const word of words) expect(countsOf(rows, word)).toEqual(upTo(rounds))
    }
    await send(broker, words)
    await everyone(1)
    const two = await start(broker, 'two')
    const three = await start(broker, 'three')
    const numbers = await eventually(
      async () => [one, two, three].map((streams) => streams.tasks().filter(({ state }) => state === 'running').length),
      (seen) => seen.every((count) => count >= 2) && seen.reduce((sum, count) => sum + count, 0) === 2 * PARTITIONS,
    )
    expect(numbers.toSorted()).toEqual([2, 3, 3])
    await send(broker, words)
    await everyone(2)
    await two.stop()
    await send(broker, words)
    await everyone(3)
    await one.kill()
    await send(broker, words)
    await everyone(4)
  })

  it('takes up where it stopped, restoring nothing that its disk holds', async () => {
    const broker = await openBroker()
    const storages = memoryTaskStorages()
    const first = await start(broker, 'one', storages)
    await send(broker, ['a', 'a'])
    await eventually(
      () => read(broker, 'out'),
      (seen) => seen.length >= 2,
    )
    await first.stop()
    const second = await start(broker, 'one', storages)
    await send(broker, ['a'])
    const rows = await eventually(
      () => read(broker, 'out'),
      (seen) => seen.length >= 3,
    )
    expect(countsOf(rows, 'a')).toEqual([1, 2, 3])
    expect(second.tasks().reduce((sum, { restored }) => sum + restored, 0)).toBe(0)
  })

  it('restores from the changelog where the disk holds nothing', async () => {
    const broker = await openBroker()
    const first = await start(broker, 'one')
    await send(broker, ['a', 'a'])
    await eventually(
      () => read(broker, 'out'),
      (seen) => seen.length >= 2,
    )
    await first.stop()
    await start(broker, 'two')
    await send(broker, ['a'])
    const rows = await eventually(
      () => read(broker, 'out'),
      (seen) => seen.length >= 3,
    )
    expect(countsOf(rows, 'a')).toEqual([1, 2, 3])
  })

  it('puts a record that cannot be processed to the dead letters and goes on with the others', async () => {
    const broker = await openBroker()
    await start(broker, 'one')
    await send(broker, ['a', 'poison', 'a', 'b'])
    const rows = await eventually(
      () => read(broker, 'out'),
      (seen) => seen.length >= 3,
    )
    expect(countsOf(rows, 'a')).toEqual([1, 2])
    const letters = await eventually(
      () => read(broker, 'words-dead-letters', 1),
      (seen) => seen.length >= 1,
    )
    expect(letters).toEqual([
      expect.objectContaining({ key: 'poison', bytes: 'poison', reason: 'cannot be processed: cannot swallow this' }),
    ])
  })
})
