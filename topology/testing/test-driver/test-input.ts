import { invalidTimestamp, isTimestamp } from '../../../state/index.ts'
import { createRecordBatchBuilder, partitionOf } from '../../broker/index.ts'
import type { Broker, Header } from '../../broker/index.ts'
import type { TestSerdes } from './test-serdes.ts'

export interface PipeOptions {
  readonly headers?: readonly Header[]
  /** Default: Kafka's murmur2 of the serialized key; 0 without a key. */
  readonly partition?: number
}

export interface TestInputOptions<K, V> {
  readonly broker: Broker
  readonly topic: string
  readonly partitions: number
  readonly serdes: TestSerdes<K, V>
  /** The driver's clock, for records without a timestamp. */
  now(): number
  /** Processes the written record and everything that follows from it. */
  processAll(): Promise<void>
}

/** Writes to one topic of a `TopologyTestDriver`. */
export class TestInput<K, V> {
  readonly #options: TestInputOptions<K, V>

  constructor(options: TestInputOptions<K, V>) {
    this.#options = options
  }

  /**
   * Resolves when the record and everything that follows from it has been processed and committed. Rejects with the error of a
   * processor after all other records have been processed. Undefined counts as null. Writes nothing and rejects with `RangeError` or `TypeError` for
   * a timestamp that is no whole number, 0 or greater.
   */
  async pipe(
    key: K | null | undefined,
    value: V | null | undefined,
    timestamp = this.#options.now(),
    options: PipeOptions = {},
  ): Promise<void> {
    const { broker, topic, partitions, serdes, processAll } = this.#options
    if (!isTimestamp(timestamp)) throw invalidTimestamp(timestamp, `The record for ${topic}`)
    const keyBytes = key === null || key === undefined ? null : serdes.key.serialize(key)
    const batch = createRecordBatchBuilder()
    batch.append(keyBytes, value === null || value === undefined ? null : serdes.value.serialize(value), timestamp, options.headers)
    const producer = await broker.openProducer({})
    await producer.send(topic, options.partition ?? (keyBytes === null ? 0 : partitionOf(keyBytes, partitions)), batch)
    await producer.commit()
    await producer.close()
    await processAll()
  }
}
