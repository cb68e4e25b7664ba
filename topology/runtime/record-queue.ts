import type { FetchedPartition, RecordBatch } from '../broker/index.ts'
import type { SourceNode } from '../graph/index.ts'
import type { AnyRecord } from './running-graph.ts'

/** The oldest record of a partition that has not been worked on. */
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

/** What has been fetched of one partition and not been worked on; records are read one by one, when they come to the front. */
export class RecordQueue {
  readonly topic: string
  readonly partition: number
  readonly #source: SourceNode
  readonly #batches: RecordBatch[] = []
  #bytes = 0
  #head: Head | undefined
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
    if (this.#head !== undefined) return this.#head
    for (;;) {
      const batch = this.#batches[0]
      if (batch === undefined) {
        this.#position = this.#fetchPosition
        return undefined
      }
      while (batch.next()) {
        if (batch.offset >= this.#position) return (this.#head = this.#read(batch, streamTime))
      }
      this.#batches.shift()
      this.#bytes -= batch.sizeInBytes
      this.#position = Math.max(this.#position, batch.lastOffset + 1)
    }
  }

  /** The record at the front has been worked on. */
  advance(): void {
    if (this.#head === undefined) return
    this.#position = this.#head.offset + 1
    this.#head = undefined
  }

  #read(batch: RecordBatch, streamTime: number): Head {
    const { topic, partition } = this
    const { offset, timestamp, key, value, headers } = batch
    try {
      const record: AnyRecord = {
        key: key === null ? null : this.#source.keySerde.deserialize(key),
        value: value === null ? null : this.#source.valueSerde.deserialize(value),
        timestamp,
        headers: headers.length === 0 ? undefined : headers,
      }
      const extracted = this.#source.timestampExtractor?.(record, streamTime) ?? timestamp
      if (extracted === timestamp) return { topic, partition, offset, timestamp, batch, record, error: undefined }
      return { topic, partition, offset, timestamp: extracted, batch, record: { ...record, timestamp: extracted }, error: undefined }
    } catch (error) {
      return { topic, partition, offset, timestamp, batch, record: undefined, error }
    }
  }
}
