import { MemoryStorage } from '../../../state/index.ts'
import {
  createRecordBatchBuilder,
  EmbeddedBroker,
  partitionOf,
  type Broker,
  type Header,
  type PartitionOffset,
} from '../../broker/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import { systemPorts } from '../../system-ports.ts'
import { memoryTaskStorages, Streams, type StreamsOptions } from '../index.ts'

export interface Row {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  readonly headers: readonly Header[]
}

/** A broker with some topics, and instances of one application on it; everything in this process. Close it after the test. */
export class Application {
  readonly broker: Broker
  readonly ports: Ports
  readonly #topology: Topology
  readonly #partitions: number
  readonly #instances: Streams[] = []

  private constructor(broker: Broker, ports: Ports, topology: Topology, partitions: number) {
    this.broker = broker
    this.ports = ports
    this.#topology = topology
    this.#partitions = partitions
  }

  /** `broker`: default an embedded one. */
  static async open(options: {
    topology: Topology
    topics: readonly string[]
    partitions?: number
    broker?: Broker
  }): Promise<Application> {
    const { topology, topics, partitions = 1 } = options
    const ports = systemPorts()
    const broker = options.broker ?? (await EmbeddedBroker.open({ storage: new MemoryStorage(), ports }))
    await broker.admin.createTopics(topics.map((name) => ({ name, partitions })))
    return new Application(broker, ports, topology, partitions)
  }

  async start(instanceId: string, options: Partial<StreamsOptions> = {}): Promise<Streams> {
    const streams = new Streams({
      topology: this.#topology,
      applicationId: 'app',
      instanceId,
      broker: this.broker,
      ports: this.ports,
      storages: memoryTaskStorages(),
      sessionTimeoutMs: 400,
      heartbeatIntervalMs: 20,
      ...options,
    })
    this.#instances.push(streams)
    await streams.start()
    return streams
  }

  /** In one transaction of its own; answers with the offsets behind the records. */
  async send(
    topic: string,
    ...records: readonly (readonly [key: string | null, value: string | null, timestamp?: number])[]
  ): Promise<readonly PartitionOffset[]> {
    const producer = await this.broker.openProducer({})
    for (const [key, value, timestamp = 1] of records) {
      const batch = createRecordBatchBuilder()
      batch.append(bytes(key), bytes(value), timestamp)
      await producer.send(topic, key === null ? 0 : partitionOf(Buffer.from(key), this.#partitions), batch)
    }
    const ends = await producer.commit()
    await producer.close()
    return ends
  }

  /** All that can be read of the topic now. */
  async read(topic: string): Promise<readonly Row[]> {
    const [description] = await this.broker.admin.describeTopics([topic])
    const partitions = Array.from({ length: description?.partitions ?? 0 }, (_, partition) => ({ topic, partition }))
    const starts = await this.broker.admin.listOffsets(partitions, 'earliest')
    const fetcher = this.broker.openFetcher()
    const rows: Row[] = []
    for (const { partition, offset: start } of starts) {
      for (let offset = start; ;) {
        const [fetched] = await fetcher.fetch([{ topic, partition, offset }], { maxWaitMs: 0 })
        if (fetched === undefined) break
        for (const batch of fetched.batches) {
          while (batch.next()) {
            const { offset: at, key, value, timestamp, headers } = batch
            rows.push({ partition, offset: at, key: text(key), value: text(value), timestamp, headers })
          }
        }
        offset = fetched.nextOffset
      }
    }
    await fetcher.close()
    return rows
  }

  /** Reads until there are so many rows, and fails if there are not in time. */
  async rows(topic: string, count: number): Promise<readonly Row[]> {
    const rows = await this.eventually(
      () => this.read(topic),
      (seen) => seen.length >= count,
    )
    if (rows.length < count) throw new Error(`${rows.length} rows in ${topic}, ${count} expected: ${rows.map(({ value }) => value).join()}`)
    return rows
  }

  async eventually<T>(look: () => Promise<T> | T, isEnough: (seen: T) => boolean): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const seen = await look()
      if (isEnough(seen) || attempt === 500) return seen
      await this.ports.timers.sleep(5)
    }
  }

  /** Rejects when it does not become so in time. */
  async until(isSo: () => boolean): Promise<void> {
    if (!(await this.eventually(isSo, (so) => so))) throw new Error(`It never became so: ${String(isSo)}`)
  }

  async close(): Promise<void> {
    for (const instance of this.#instances.toReversed()) await instance.stop()
    await this.broker.close()
  }
}

function bytes(value: string | null): Buffer | null {
  return value === null ? null : Buffer.from(value, 'utf8')
}

function text(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value).toString('utf8')
}
