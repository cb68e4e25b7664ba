import { createRecordBatchBuilder, type Header, type Producer, type RecordBatchBuilder } from '../broker/index.ts'

/** What a transaction is going to write: a batch for each partition, filled in place and reused from one transaction to the next. */
export class OutputBuffer {
  readonly #topics = new Map<string, (RecordBatchBuilder | undefined)[]>()
  #records = 0

  get records(): number {
    return this.#records
  }

  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers?: readonly Header[],
  ): void {
    let builders = this.#topics.get(topic)
    if (builders === undefined) this.#topics.set(topic, (builders = []))
    const builder = (builders[partition] ??= createRecordBatchBuilder())
    builder.append(key, value, timestamp, headers)
    this.#records++
  }

  /** Resolves when all batches have been accepted. */
  async send(producer: Producer): Promise<void> {
    const sends: Promise<void>[] = []
    for (const [topic, builders] of this.#topics) {
      builders.forEach((builder, partition) => {
        if (builder !== undefined && builder.recordCount > 0) sends.push(producer.send(topic, partition, builder))
      })
    }
    await Promise.all(sends)
  }

  clear(): void {
    for (const builders of this.#topics.values()) for (const builder of builders) builder?.reset()
    this.#records = 0
  }
}
