import { isTimestamp } from '../../../state/index.ts'
import { NO_TIMESTAMP, type RecordBatch, type TopicPartition } from '../../broker/index.ts'
import { stackOf, type RecordError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import type { OutputBuffer } from '../commit/index.ts'
import { letterHeadersThat, ownHeaders, redriveMark, type LetterPlace } from './dead-letters.ts'
import type { ParkedKeys } from './parked-keys.ts'

/** The record at the front of a queue; the cursor of `batch` is on it. */
export interface FrontRecord extends TopicPartition {
  readonly offset: number
  readonly batch: RecordBatch
}

/**
 * What happens to a record: it is processed (a redriven one has its `place`), it becomes a dead letter because its key is parked, it is dropped
 * because it was redriven before, or it is a letter that the operator discards.
 */
export type Disposition =
  | { readonly kind: 'process'; readonly place: LetterPlace | undefined }
  | { readonly kind: 'parked'; readonly place: LetterPlace | undefined }
  | { readonly kind: 'redriven-before' }
  | { readonly kind: 'discard' }

export interface LetterBoxOptions {
  readonly parked: ParkedKeys
  readonly outputs: OutputBuffer
  readonly ports: Ports
  /** The dead-letter topic. */
  readonly topic: string
  /** The partition of a topic that this task writes to. Throws `RetriableError` while the topic does not exist. */
  partitionOf(topic: string): number
}

/**
 * A task's dead letters. All later records of a parked key from the same topic become letters too, so that none overtakes the first;
 * of such a key only the oldest letter, sent back by a redrive, is processed.
 */
export class LetterBox {
  readonly #options: LetterBoxOptions

  constructor(options: LetterBoxOptions) {
    this.#options = options
  }

  /** No key is parked: a record without headers can be processed without asking for its disposition. */
  get isEmpty(): boolean {
    return this.#options.parked.isEmpty
  }

  dispositionOf(record: FrontRecord): Disposition {
    const { key, headers } = record.batch
    const mark = redriveMark(headers)
    const parked = key === null ? undefined : this.#options.parked.find(record.topic, key)
    if (mark === undefined) return { kind: parked === undefined ? 'process' : 'parked', place: undefined }
    if (parked === undefined || parked.episode !== mark.episode || mark.sequence < parked.next) return { kind: 'redriven-before' }
    const place = { episode: mark.episode, sequence: mark.sequence }
    if (mark.sequence > parked.next) return { kind: 'parked', place }
    return mark.discard ? { kind: 'discard' } : { kind: 'process', place }
  }

  /** Makes the record a dead letter and parks its key. `place` is the one that it had if it was a letter before. */
  add(record: FrontRecord, reason: string, place: LetterPlace | undefined, error?: RecordError): void {
    const { topic, parked } = this.#options
    const { key } = record.batch
    this.#write(topic, record, reason, place ?? (key === null ? undefined : parked.add(record.topic, key, record.offset)), error)
  }

  /** Writes a record that is dropped to another topic, with the headers of a dead letter; its key is not parked. */
  copyTo(topic: string, record: FrontRecord, reason: string, error: RecordError): void {
    this.#write(topic, record, reason, undefined, error)
  }

  #write(topic: string, record: FrontRecord, reason: string, place: LetterPlace | undefined, error: RecordError | undefined): void {
    const { outputs, partitionOf, ports } = this.#options
    const output = outputs.topic(topic)
    const { key, value, timestamp, headers } = record.batch
    const letter = {
      origin: { topic: record.topic, partition: record.partition, offset: record.offset },
      reason,
      time: ports.clock.now(),
      place,
      headers: ownHeaders(headers),
      operator: error?.operator,
      task: error?.task,
      stack: stackOf(error?.cause),
    }
    const fitting = letterHeadersThat((candidates) => output.fits(key, value, candidates), letter)
    output.append(partitionOf(topic), key, value, isTimestamp(timestamp) ? timestamp : NO_TIMESTAMP, fitting)
  }

  /** The oldest letter of the record's key has been processed or discarded. */
  resolve(record: FrontRecord): void {
    const { key } = record.batch
    if (key !== null) this.#options.parked.advance(record.topic, key)
  }
}
