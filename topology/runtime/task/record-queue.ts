import { partitionName, UnreadableBatchError, type FetchedPartition, type RecordBatch } from '../../broker/index.ts'
import type { SourceNode } from '../../graph/index.ts'
import type { Clock } from '../../ports.ts'
import { NEGATIVE_TIMESTAMP, readRecord } from '../read-record.ts'
import type { AnyRecord } from './graph-environment.ts'

/** The first unprocessed record of a partition, valid until its queue advances. */
export interface Head {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Event time; that in the topic for a record that has no event time. */
  readonly timestamp: number
  /** Its bytes, as views into the batch. */
  readonly batch: RecordBatch
  /** The deserialized record; undefined when that failed with `error`, or when the record is to be dropped. */
  readonly record: AnyRecord | undefined
  readonly error: unknown
  /** The reason code with which the record is to be dropped. */
  readonly dropReason: string | undefined
}

export interface RecordQueueOptions {
  readonly topic: string
  /** Undefined: unknown. */
  readonly topicId?: string | undefined
  readonly partition: number
  readonly source: SourceNode
  /** First unprocessed offset. */
  readonly position: number
  /** The log holds records up to here. */
  readonly knownEnd: number
  /** As of the committed offset. */
  readonly partitionTime: number
  readonly clock: Clock
}

/**
 * The fetched, unprocessed records of one partition. A record is deserialized when it comes to the front. The queue itself is the head, so that a
 * record needs no object besides the one that its processors get.
 */
export class RecordQueue implements Head {
  readonly topic: string
  /** Records of another topic with the same name are not for this queue. */
  readonly topicId: string | undefined
  readonly partition: number
  timestamp = -1
  record: AnyRecord | undefined
  error: unknown
  dropReason: string | undefined
  readonly #source: SourceNode
  readonly #clock: Clock
  readonly #batches: RecordBatch[] = []
  #bytes = 0
  #hasHead = false
  /** First unprocessed offset. */
  #position: number
  #fetchPosition: number
  #knownEnd: number
  #partitionTime: number

  constructor({ topic, topicId, partition, source, position, knownEnd, partitionTime, clock }: RecordQueueOptions) {
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
    this.#source = source
    this.#clock = clock
    this.#partitionTime = partitionTime
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

  /** The largest timestamp among the processed records; −1 before the first. */
  get partitionTime(): number {
    return this.#partitionTime
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
  head(): Head | undefined {
    if (this.#hasHead) return this
    for (;;) {
      const batch = this.#batches[0]
      if (batch === undefined) {
        this.#position = this.#fetchPosition
        return undefined
      }
      try {
        while (batch.next()) {
          if (batch.offset < this.#position) continue
          this.#read(batch)
          return this
        }
      } catch (error) {
        if (!(error instanceof UnreadableBatchError)) throw error
        return this.#unreadable(error)
      }
      this.#batches.shift()
      this.#bytes -= batch.sizeInBytes
      this.#position = Math.max(this.#position, batch.lastOffset + 1)
    }
  }

  /** The record at the front has been processed. */
  advance(): void {
    if (!this.#hasHead) return
    if (this.record !== undefined && this.timestamp > this.#partitionTime) this.#partitionTime = this.timestamp
    this.#position = this.offset + 1
    this.#hasHead = false
  }

  /** The batch at the front is the head itself, before all records of other queues: what was processed so far is all that can be. */
  #unreadable(error: UnreadableBatchError): Head {
    this.#hasHead = true
    this.timestamp = -1
    this.record = this.dropReason = undefined
    this.error = error
    return this
  }

  #read(batch: RecordBatch): void {
    this.#hasHead = true
    this.timestamp = batch.timestamp
    this.record = this.error = this.dropReason = undefined
    try {
      const record = readRecord(batch, this.#source, this.#partitionTime, this.#clock)
      if (record.timestamp < 0) {
        this.dropReason = NEGATIVE_TIMESTAMP
        return
      }
      this.record = record
      this.timestamp = record.timestamp
    } catch (error) {
      this.error = error
    }
  }
}
