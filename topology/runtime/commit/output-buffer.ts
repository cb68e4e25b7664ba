import type { Compression } from '../../../state/index.ts'
import { createRecordBatchBuilder, type Header, type RecordBatchBuilder, type TopicPartition } from '../../broker/index.ts'

/** The records that a transaction will write: a batch per partition, filled in place and reused by the next transaction. */
export class OutputBuffer {
  readonly #topics = new Map<string, TopicOutput>()
  readonly #compressionOf: (topic: string) => Compression

  constructor(compressionOf: (topic: string) => Compression = () => 'none') {
    this.#compressionOf = compressionOf
  }

  get records(): number {
    let records = 0
    for (const topic of this.#topics.values()) records += topic.records
    return records
  }

  /** Always the same object for a topic, so that callers can keep it, compressed as the first of them says. */
  topic(name: string, compression = this.#compressionOf(name)): TopicOutput {
    let topic = this.#topics.get(name)
    if (topic === undefined) this.#topics.set(name, (topic = new TopicOutput(name, compression)))
    return topic
  }

  batches(): readonly OutputBatch[] {
    const batches: OutputBatch[] = []
    for (const topic of this.#topics.values()) topic.collect(batches)
    return batches
  }

  clear(): void {
    for (const topic of this.#topics.values()) topic.clear()
  }
}

export interface OutputBatch extends TopicPartition {
  readonly builder: RecordBatchBuilder
}

/** Brokers take batches up to 1 MiB by default. */
const MAX_BATCH_BYTES = 900_000

/** The records for one topic: per partition the batch that is being filled, after those that are full. */
export class TopicOutput {
  readonly topic: string
  readonly #compression: Compression
  readonly #builders: (RecordBatchBuilder | undefined)[] = []
  #full: { readonly partition: number; readonly builder: RecordBatchBuilder }[] = []
  #records = 0

  constructor(topic: string, compression: Compression) {
    this.topic = topic
    this.#compression = compression
  }

  get records(): number {
    return this.#records
  }

  append(partition: number, key: Uint8Array | null, value: Uint8Array | null, timestamp: number, headers?: readonly Header[]): void {
    let builder = (this.#builders[partition] ??= createRecordBatchBuilder(this.#compression))
    if (builder.recordCount > 0 && builder.sizeInBytes + (key?.length ?? 0) + (value?.length ?? 0) > MAX_BATCH_BYTES) {
      this.#full.push({ partition, builder })
      this.#builders[partition] = builder = createRecordBatchBuilder(this.#compression)
    }
    builder.append(key, value, timestamp, headers)
    this.#records++
  }

  collect(batches: OutputBatch[]): void {
    if (this.#records === 0) return
    const { topic } = this
    for (const { partition, builder } of this.#full) batches.push({ topic, partition, builder })
    this.#builders.forEach((builder, partition) => {
      if (builder !== undefined && builder.recordCount > 0) batches.push({ topic, partition, builder })
    })
  }

  clear(): void {
    if (this.#records === 0) return
    this.#full = []
    for (const builder of this.#builders) builder?.reset()
    this.#records = 0
  }
}
