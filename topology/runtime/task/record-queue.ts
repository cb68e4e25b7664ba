import { partitionName, type FetchedPartition, type RecordBatch } from '../../broker/index.ts'
import type { SourceNode } from '../../graph/index.ts'
import type { AnyRecord } from './graph-environment.ts'

/** The first unprocessed record of a partition, valid until its queue advances. */
export interface Head {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  /** Its bytes, as views into the batch. */
  readonly batch: RecordBatch
  /** The deserialized record; undefined when that failed with `error`. */
  readonly record: AnyRecord | undefined
  readonly error: unknown
}

/**
 * The fetched, unprocessed records of one partition. A record is deserialized when it comes to the front. The queue itself is the head, so that a
 * record needs no object besides the one that its processors get.
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
  /** First unprocessed offset. */
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
    if (batch === undefined) throw new RangeError(`The queue of ${partitionName(this)} is empty`)
    return batch
  }

  get bytes(): number {
    return this.#bytes
  }

  get fetchPosition(): number {
    return this.#fetchPosition
  }

  /** The offset to commit: where a restart continues. */
  get position(): number {
    return this.#position
  }

  get lag(): number {
    return Math.max(0, this.#knownEnd - this.#position)
  }

  /** The log holds more than has been fetched. */
  get expectsMore(): boolean {
    return this.#knownEnd > this.#fetchPosition
  }

  /** What the broker says, whether or not a fetch has brought it. */
  learnEnd(lastStableOffset: number): void {
    this.#knownEnd = Math.max(this.#knownEnd, lastStableOffset)
  }

  add(fetched: FetchedPartition): void {
    for (const batch of fetched.batches) {
      this.#batches.push(batch)
      this.#bytes += batch.sizeInBytes
    }
    this.#fetchPosition = fetched.nextOffset
    this.learnEnd(fetched.lastStableOffset)
  }

  /** The record at the front. Undefined when nothing is left: the position then skips transaction markers and compacted offsets too. */
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

  /** The record at the front has been processed. */
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
