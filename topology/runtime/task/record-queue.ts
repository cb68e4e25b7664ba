import type { FetchedPartition, RecordBatch } from '../../broker/index.ts'
import type { SourceNode } from '../../graph/index.ts'
import type { AnyRecord } from './graph-environment.ts'

/** The oldest record of a partition that has not been worked on, until its queue advances. */
export interface Head {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  /** Its bytes, as views into the batch. */
  readonly batch: RecordBatch
  /** What reading it gave, or the error that it gave. */
  readonly record: AnyRecord | undefined
  readonly error: unknown
}

/**
 * What has been fetched of one partition and not been worked on; records are read one by one, when they come to the front. The one at the
 * front is told by the queue itself, so that none needs an object of its own beside what its processors get.
 */
export class RecordQueue implements Head {
  readonly topic: string
  readonly partition: number
  timestamp = -1
  record: AnyRecord | undefined
  error: unknown
  readonly #source: SourceNode
  readonly #batches: RecordBatch[] = []
  #bytes = 0
  #hasHead = false
  /** First offset not worked on. */
  #position: number
  #fetchPosition: number
  #knownEnd: number

  constructor(topic: string, partition: number, source: SourceNode, position: number, knownEnd: number) {
    this.topic = topic
    this.partition = partition
    this.#source = source
    this.#position = position
    this.#fetchPosition = position
    this.#knownEnd = knownEnd
  }

  get offset(): number {
    return this.batch.offset
  }

  get batch(): RecordBatch {
    const [batch] = this.#batches
    if (batch === undefined) throw new RangeError(`${this.topic}-${this.partition} has no record at its front`)
    return batch
  }

  get bytes(): number {
    return this.#bytes
  }

  get fetchPosition(): number {
    return this.#fetchPosition
  }

  /** Where a restart has to go on. */
  get position(): number {
    return this.#position
  }

  get lag(): number {
    return Math.max(0, this.#knownEnd - this.#position)
  }

  /** More is in the log than has been fetched. */
  get expectsMore(): boolean {
    return this.#knownEnd > this.#fetchPosition
  }

  add(fetched: FetchedPartition): void {
    for (const batch of fetched.batches) {
      this.#batches.push(batch)
      this.#bytes += batch.sizeInBytes
    }
    this.#fetchPosition = fetched.nextOffset
    this.#knownEnd = Math.max(this.#knownEnd, fetched.lastStableOffset)
  }

  /** The record at the front; its timestamp counts in the choice among partitions. */
  head(streamTime: number): Head | undefined {
    if (this.#hasHead) return this
    for (;;) {
      const batch = this.#batches[0]
      if (batch === undefined) {
        this.#position = this.#fetchPosition
        return undefined
      }
      while (batch.next()) {
        if (batch.offset < this.#position) continue
        this.#read(batch, streamTime)
        return this
      }
      this.#batches.shift()
      this.#bytes -= batch.sizeInBytes
      this.#position = Math.max(this.#position, batch.lastOffset + 1)
    }
  }

  /** The record at the front has been worked on. */
  advance(): void {
    if (!this.#hasHead) return
    this.#position = this.offset + 1
    this.#hasHead = false
  }

  #read(batch: RecordBatch, streamTime: number): void {
    this.#hasHead = true
    const { timestamp, key, value, headers } = batch
    const { keySerde, valueSerde, timestampExtractor } = this.#source
    this.timestamp = timestamp
    this.record = this.error = undefined
    try {
      const record: AnyRecord = {
        key: key === null ? null : keySerde.deserialize(key),
        value: value === null ? null : valueSerde.deserialize(value),
        timestamp,
        headers: headers.length === 0 ? undefined : headers,
      }
      const extracted = timestampExtractor?.(record, streamTime) ?? timestamp
      this.record = extracted === timestamp ? record : { ...record, timestamp: extracted }
      this.timestamp = extracted
    } catch (error) {
      this.error = error
    }
  }
}
