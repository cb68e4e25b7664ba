import { TopicBatches, type FilledBatch, type RecordCheck } from '../../broker/index.ts'

/** The records that a transaction will write: batches per topic, filled in place and reused by the next transaction. */
export class OutputBuffer {
  readonly #checkOf: (topic: string) => RecordCheck
  readonly #topics = new Map<string, TopicBatches>()

  constructor(checkOf: (topic: string) => RecordCheck) {
    this.#checkOf = checkOf
  }

  get records(): number {
    let records = 0
    for (const topic of this.#topics.values()) records += topic.records
    return records
  }

  /** Always the same object for a topic, so that callers can keep it. */
  topic(name: string): TopicBatches {
    let topic = this.#topics.get(name)
    if (topic === undefined) this.#topics.set(name, (topic = new TopicBatches(this.#checkOf(name))))
    return topic
  }

  batches(): readonly FilledBatch[] {
    const batches: FilledBatch[] = []
    for (const topic of this.#topics.values()) topic.collect(batches)
    return batches
  }

  clear(): void {
    for (const topic of this.#topics.values()) topic.clear()
  }
}
