import type { Compression } from '../../../state/index.ts'
import { TopicBatches, type FilledBatch, type RecordCheck } from '../../broker/index.ts'

/** What a batch for a topic must fit, and how it is compressed. */
export interface TopicRules {
  check(topic: string): RecordCheck
  compressionOf(topic: string): Compression
}

/** The records that a transaction will write: batches per topic, filled in place and reused by the next transaction. */
export class OutputBuffer {
  readonly #rules: TopicRules
  readonly #topics = new Map<string, TopicBatches>()

  constructor(rules: TopicRules) {
    this.#rules = rules
  }

  get records(): number {
    let records = 0
    for (const topic of this.#topics.values()) records += topic.records
    return records
  }

  /** Always the same object for a topic, so that callers can keep it, compressed as the first of them says. */
  topic(name: string, compression = this.#rules.compressionOf(name)): TopicBatches {
    let topic = this.#topics.get(name)
    if (topic === undefined) this.#topics.set(name, (topic = new TopicBatches(this.#rules.check(name), compression)))
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
