import { createRecordBatchBuilder, type Header, type Producer, type RecordBatchBuilder } from '../broker/index.ts'

/** What a transaction is going to write: a batch for each partition, filled in place and reused from one transaction to the next. */
export class OutputBuffer {
  readonly #topics = new Map<string, TopicOutput>()

  get records(): number {
    let records = 0
    for (const topic of this.#topics.values()) records += topic.records
    return records
  }

  /** The same object for as long as the buffer lives. */
  topic(name: string): TopicOutput {
    let topic = this.#topics.get(name)
    if (topic === undefined) this.#topics.set(name, (topic = new TopicOutput(name)))
    return topic
  }

  /** Resolves when all batches have been accepted. */
  async send(producer: Producer): Promise<void> {
    const sends: Promise<void>[] = []
    for (const topic of this.#topics.values()) topic.send(producer, sends)
    await Promise.all(sends)
  }

  clear(): void {
    for (const topic of this.#topics.values()) topic.clear()
  }
}

/** The part of one topic. */
export class TopicOutput {
  readonly topic: string
  readonly #builders: (RecordBatchBuilder | undefined)[] = []
  #records = 0

  constructor(topic: string) {
    this.topic = topic
  }

  get records(): number {
    return this.#records
  }

  append(partition: number, key: Uint8Array | null, value: Uint8Array | null, timestamp: number, headers?: readonly Header[]): void {
    const builder = (this.#builders[partition] ??= createRecordBatchBuilder())
    builder.append(key, value, timestamp, headers)
    this.#records++
  }

  send(producer: Producer, sends: Promise<void>[]): void {
    if (this.#records === 0) return
    this.#builders.forEach((builder, partition) => {
      if (builder !== undefined && builder.recordCount > 0) sends.push(producer.send(this.topic, partition, builder))
    })
  }

  clear(): void {
    if (this.#records === 0) return
    for (const builder of this.#builders) builder?.reset()
    this.#records = 0
  }
}
