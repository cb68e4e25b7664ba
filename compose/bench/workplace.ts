import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStorage } from '../../state/index.ts'
import {
  createRecordBatchBuilder,
  EmbeddedBroker,
  KafkaBroker,
  levelTaskStorages,
  partitionOf,
  Streams,
  systemPorts,
  type Broker,
  type Compression,
  type Topology,
} from '../../topology/index.ts'
import { LocalKafka } from '../kafka/local-kafka.ts'
import { fetchPackages } from '../kafka/packages.ts'

export const PARTITIONS = 4
const BATCH_RECORDS = 5_000

export type BrokerKind = 'embedded' | 'kafka'
export type Guarantee = 'exactly_once' | 'at_least_once'

export interface Conditions {
  readonly broker: BrokerKind
  readonly guarantee: Guarantee
  /** Of what the application writes. Default: its own. */
  readonly compression?: Compression
}

/** An empty broker, and a way to run instances of an application on it. */
export interface Workplace {
  readonly broker: Broker
  /** `host:port` of Kafka's brokers; empty for the embedded broker. */
  readonly addresses: readonly string[]
  start(topology: Topology, instanceId?: string): Promise<Streams>
  close(): Promise<void>
}

export async function openWorkplace({ broker: kind, guarantee, compression }: Conditions): Promise<Workplace> {
  const directory = await mkdtemp(join(tmpdir(), 'bob-bench-'))
  const ports = systemPorts()
  const kafka = kind === 'kafka' ? await startKafka(directory) : undefined
  const addresses = kafka?.addresses ?? []
  const broker = await (kafka === undefined
    ? EmbeddedBroker.open({ storage: () => openLevelStorage({ directory: join(directory, 'broker') }), ports })
    : KafkaBroker.open({ addresses, ports }))
  return {
    broker,
    addresses,
    start: async (topology, instanceId = 'bench') => {
      const storages = levelTaskStorages(join(directory, instanceId))
      const options = { topology, applicationId: 'bench', instanceId, broker, ports, storages, guarantee }
      const streams = new Streams({ ...options, ...(compression && { compression }) })
      await streams.start()
      return streams
    },
    close: async () => {
      await broker.close()
      await kafka?.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function startKafka(directory: string): Promise<LocalKafka> {
  const { kafka } = await fetchPackages(join('data', 'kafka', 'packages'))
  return LocalKafka.start({ classPath: kafka, directory: join(directory, 'kafka'), brokers: 1 })
}

/** Writes records to a topic, each to the partition of its key, and commits. */
export async function fill(
  broker: Broker,
  topic: string,
  count: number,
  record: (at: number) => { readonly key: Buffer; readonly value: Buffer },
): Promise<void> {
  const producer = await broker.openProducer({})
  const builders = Array.from({ length: PARTITIONS }, () => createRecordBatchBuilder())
  for (let at = 0; at < count; at++) {
    const { key, value } = record(at)
    const partition = partitionOf(key, PARTITIONS)
    const builder = builders[partition]
    builder?.append(key, value, Date.now())
    if (builder?.recordCount === BATCH_RECORDS) {
      await producer.send(topic, partition, builder)
      builder.reset()
      await producer.commit()
    }
  }
  for (const [partition, builder] of builders.entries()) if (builder.recordCount > 0) await producer.send(topic, partition, builder)
  await producer.commit()
  await producer.close()
}

/** The number of committed records in a topic. */
export async function countRecords(broker: Broker, topic: string): Promise<number> {
  const fetcher = broker.openFetcher()
  let count = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const [end] = await broker.admin.listOffsets([{ topic, partition }], 'latest')
    for (let offset = 0; offset < (end?.offset ?? 0);) {
      const [fetched] = await fetcher.fetch([{ topic, partition, offset }], { maxWaitMs: 0 })
      if (fetched === undefined) break
      count += fetched.batches.reduce((sum, batch) => sum + batch.recordCount, 0)
      offset = fetched.nextOffset
    }
  }
  await fetcher.close()
  return count
}

/** Resolves when the instance has processed that many records and has no lag. */
export async function caughtUp(streams: Streams, records: number): Promise<void> {
  const { timers } = systemPorts()
  for (;;) {
    if (streams.failure !== undefined) throw streams.failure
    const tasks = streams.tasks()
    if (tasks.reduce((sum, task) => sum + task.records, 0) >= records && tasks.every(({ lag }) => lag === 0)) return
    await timers.sleep(2)
  }
}
