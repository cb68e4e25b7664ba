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
import type { ManualPorts } from '../../testing/manual-ports.ts'
import { systemPorts } from '../../system-ports.ts'
import { memoryTaskStorages, Streams, type StreamsOptions } from '../index.ts'
import { silentLogger } from '../../testing/silent-logger.ts'

export interface Row {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  readonly headers: readonly Header[]
}

/** A broker with some topics, and instances of one application on it, all in this process. Close it after the test. */
export class Application {
  readonly broker: Broker
  readonly ports: Ports
  readonly topology: Topology
  readonly #manual: ManualPorts | undefined
  readonly #partitions: number
  readonly #instances: Streams[] = []

  private constructor(broker: Broker, ports: Ports, manual: ManualPorts | undefined, topology: Topology, partitions: number) {
    this.broker = broker
    this.ports = ports
    this.topology = topology
    this.#manual = manual
    this.#partitions = partitions
  }

  /** `broker` defaults to an embedded one. With `manual` ports, waiting moves the clock. */
  static async open(options: {
    topology: Topology
    topics: readonly string[]
    partitions?: number
    broker?: Broker
    manual?: ManualPorts
  }): Promise<Application> {
    const { topology, topics, partitions = 1, manual } = options
    const ports = manual ?? systemPorts(silentLogger)
    const broker = options.broker ?? (await EmbeddedBroker.open({ storage: new MemoryStorage(), ports }))
    await broker.admin.createTopics(topics.map((name) => ({ name, partitions })))
    return new Application(broker, ports, manual, topology, partitions)
  }

  async start(instanceId: string, options: Partial<StreamsOptions> = {}): Promise<Streams> {
    const streams = new Streams({
      topology: this.topology,
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

  /** Writes the records in one transaction; resolves with the offsets after them. */
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

  /** All records that can be read from the topic now. */
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
            const { key, value, timestamp, headers } = batch
            rows.push({ partition, offset: batch.offset, key: text(key), value: text(value), timestamp, headers })
          }
        }
        offset = fetched.nextOffset
      }
    }
    await fetcher.close()
    return rows
  }

  /** Reads until the topic has at least so many records; rejects when it does not get them in time. */
  async rows(topic: string, count: number): Promise<readonly Row[]> {
    const rows = await this.eventually(
      () => this.read(topic),
      (found) => found.length >= count,
    )
    if (rows.length < count)
      throw new Error(`${topic} has ${rows.length} records instead of ${count}: ${rows.map(({ value }) => value).join()}`)
    return rows
  }

  /** Reads until `isDone` accepts the value; resolves with the last value when it does not in time. */
  async eventually<T>(read: () => Promise<T> | T, isDone: (value: T) => boolean): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const value = await read()
      if (isDone(value) || attempt === 500) return value
      await this.pass(5)
    }
  }

  /** Lets time pass: the manual clock's, or real time. */
  async pass(ms: number): Promise<void> {
    await (this.#manual === undefined ? this.ports.timers.sleep(ms) : this.#manual.advance(ms))
  }

  /** Rejects when the condition does not hold in time. */
  async until(condition: () => boolean): Promise<void> {
    if (!(await this.eventually(condition, (holds) => holds))) throw new Error(`Not reached in time: ${String(condition)}`)
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
