import { createRecordBatchBuilder, partitionOf, type Broker, type Header } from '../../broker/index.ts'
import type { TestSerdes } from './test-serdes.ts'

export interface PipeOptions {
  readonly headers?: readonly Header[]
  /** Default: by the key's hash as every producer does it; 0 without a key. */
  readonly partition?: number
}

export interface TestInputOptions<K, V> {
  readonly broker: Broker
  readonly topic: string
  readonly partitions: number
  readonly serdes: TestSerdes<K, V>
  /** The driver's time, for records without a timestamp. */
  now(): number
  /** Has everything worked off that follows from what was written. */
  settle(): Promise<void>
}

/** Writes to one topic of a `TopologyTestDriver`. */
export class TestInput<K, V> {
  readonly #options: TestInputOptions<K, V>

  constructor(options: TestInputOptions<K, V>) {
    this.#options = options
  }

  /**
   * Resolves when the record, and all that follows from it, has been worked off and committed. Rejects with what a processor
   * threw; the rest has been worked off then all the same.
   */
  async pipe(key: K | null, value: V | null, timestamp = this.#options.now(), options: PipeOptions = {}): Promise<void> {
    const { broker, topic, partitions, serdes, settle } = this.#options
    const keyBytes = key === null ? null : serdes.key.serialize(key)
    const batch = createRecordBatchBuilder()
    batch.append(keyBytes, value === null ? null : serdes.value.serialize(value), timestamp, options.headers)
    const producer = await broker.openProducer({})
    await producer.send(topic, options.partition ?? (keyBytes === null ? 0 : partitionOf(keyBytes, partitions)), batch)
    await producer.commit()
    await producer.close()
    await settle()
  }
}
