import type { Broker, RecordBatch, TopicPartition } from '../../broker/index.ts'
import type { TestRecord } from './test-record.ts'
import type { TestSerdes } from './test-serdes.ts'

export interface TestOutputOptions<K, V> {
  readonly broker: Broker
  readonly topic: string
  readonly partitions: number
  readonly serdes: TestSerdes<K, V>
}

/** Reads one topic of a `TopologyTestDriver`. */
export class TestOutput<K, V> {
  readonly #options: TestOutputOptions<K, V>
  readonly #positions: (TopicPartition & { offset: number })[]

  constructor(options: TestOutputOptions<K, V>) {
    this.#options = options
    this.#positions = Array.from({ length: options.partitions }, (_, partition) => ({ topic: options.topic, partition, offset: 0 }))
  }

  /** The records committed to the topic since the last call: partition by partition, in order of offset. */
  async read(): Promise<readonly TestRecord<K, V>[]> {
    const records: TestRecord<K, V>[] = []
    const fetcher = this.#options.broker.openFetcher()
    try {
      for (const position of this.#positions) {
        for (;;) {
          const [fetched] = await fetcher.fetch([position], { maxWaitMs: 0 })
          if (fetched === undefined) break
          for (const batch of fetched.batches) {
            while (batch.next()) if (batch.offset >= position.offset) records.push(this.#record(batch, position.partition))
          }
          position.offset = fetched.nextOffset
        }
      }
    } finally {
      await fetcher.close()
    }
    return records
  }

  #record({ key, value, timestamp, headers }: RecordBatch, partition: number): TestRecord<K, V> {
    const { serdes } = this.#options
    return {
      key: key === null ? null : serdes.key.deserialize(key),
      value: value === null ? null : serdes.value.deserialize(value),
      timestamp,
      headers,
      partition,
    }
  }
}
