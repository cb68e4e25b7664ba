import type { Compression } from '../../state/index.ts'
import { createRecordBatchBuilder, type Header, type RecordBatchBuilder } from './record-batch/index.ts'
import type { TopicPartition } from './broker.ts'
import type { RecordCheck } from './record-check.ts'

export interface FilledBatch extends TopicPartition {
  readonly builder: RecordBatchBuilder
  /** The most that the topic takes in one batch. */
  readonly maxBytes: number
}

/** A topic may take more, but larger batches are not faster, and readers hold them in memory. */
const LARGE_BATCH_BYTES = 1 << 20

/**
 * The records for one topic in batches that it takes: per partition the batch that is being filled, after those that are full. Filled in place and
 * reused after `clear`.
 */
export class TopicBatches {
  readonly topic: string
  readonly #check: RecordCheck
  readonly #compression: Compression
  readonly #builders: (RecordBatchBuilder | undefined)[] = []
  #full: { readonly partition: number; readonly builder: RecordBatchBuilder }[] = []
  #records = 0

  constructor(check: RecordCheck, compression: Compression = 'none') {
    this.topic = check.topic
    this.#check = check
    this.#compression = compression
  }

  get records(): number {
    return this.#records
  }

  /** Throws `RecordRefusedError` for a record that the topic does not take, and is unchanged then. */
  append(partition: number, key: Uint8Array | null, value: Uint8Array | null, timestamp: number, headers?: readonly Header[]): void {
    this.#check.assertValid(key, timestamp)
    const builder = (this.#builders[partition] ??= createRecordBatchBuilder(this.#compression))
    const isAppended = builder.tryAppend(this.#cutBytes, key, value, timestamp, headers)
    if (!isAppended) this.#appendToNext(builder, partition, key, value, timestamp, headers)
    this.#records++
  }

  /** Whether the topic takes a record of this size. */
  fits(key: Uint8Array | null, value: Uint8Array | null, headers?: readonly Header[]): boolean {
    return this.#check.fits(key, value, headers)
  }

  collect(batches: FilledBatch[]): void {
    if (this.#records === 0) return
    const { topic } = this
    const maxBytes = this.#check.limits.maxMessageBytes
    for (const { partition, builder } of this.#full) batches.push({ topic, partition, builder, maxBytes })
    this.#builders.forEach((builder, partition) => {
      if (builder !== undefined && builder.recordCount > 0) batches.push({ topic, partition, builder, maxBytes })
    })
  }

  clear(): void {
    if (this.#records === 0) return
    this.#full = []
    for (const builder of this.#builders) builder?.reset()
    this.#records = 0
  }

  get #cutBytes(): number {
    return Math.min(this.#check.limits.maxMessageBytes, LARGE_BATCH_BYTES)
  }

  /** The record does not fit beside the others; a batch of its own may be as large as the topic takes. */
  #appendToNext(
    builder: RecordBatchBuilder,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers: readonly Header[] | undefined,
  ): void {
    this.#check.assertFits(key, value, headers)
    const next = builder.recordCount === 0 ? builder : createRecordBatchBuilder(this.#compression)
    next.tryAppend(Infinity, key, value, timestamp, headers)
    if (next === builder) return
    this.#full.push({ partition, builder })
    this.#builders[partition] = next
  }
}
