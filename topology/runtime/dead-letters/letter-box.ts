import type { RecordBatch, TopicPartition } from '../../broker/index.ts'
import type { Ports } from '../../ports.ts'
import { letterHeaders, ownHeaders, redriveMark, type LetterPlace } from './dead-letters.ts'
import type { OutputBuffer } from '../commit/index.ts'
import type { ParkedKeys } from './parked-keys.ts'

/** A record at the front of its queue; `batch` stands on it. */
export interface FrontRecord extends TopicPartition {
  readonly offset: number
  readonly batch: RecordBatch
}

/**
 * What is to become of a record: it is worked on (a redriven one has its `place`), it waits behind the letters of its key, it
 * has been redriven before, or it is a letter that somebody gave up.
 */
export type Turn =
  | { readonly kind: 'work'; readonly place: LetterPlace | undefined }
  | { readonly kind: 'behind'; readonly place: LetterPlace | undefined }
  | { readonly kind: 'redriven-before' }
  | { readonly kind: 'discard' }

export interface LetterBoxOptions {
  readonly parked: ParkedKeys
  readonly outputs: OutputBuffer
  readonly ports: Ports
  /** The dead-letter topic and the partition of it that this task writes to. */
  readonly topic: string
  readonly partition: number
}

/**
 * A task's dealings with dead letters. Behind a dead letter all records of its key from that topic wait as letters too, so
 * that none overtakes it; of such a key only the oldest letter, sent back by a redrive, is worked on.
 */
export class LetterBox {
  readonly #options: LetterBoxOptions

  constructor(options: LetterBoxOptions) {
    this.#options = options
  }

  /** No key is parked: a record without headers can be worked on without a look into this box. */
  get isEmpty(): boolean {
    return this.#options.parked.isEmpty
  }

  turnOf(head: FrontRecord): Turn {
    const { key, headers } = head.batch
    const mark = redriveMark(headers)
    const park = key === null ? undefined : this.#options.parked.find(head.topic, key)
    if (mark === undefined) return park === undefined ? { kind: 'work', place: undefined } : { kind: 'behind', place: undefined }
    if (park === undefined || park.episode !== mark.episode || mark.sequence < park.next) return { kind: 'redriven-before' }
    const place = { episode: mark.episode, sequence: mark.sequence }
    if (mark.sequence > park.next) return { kind: 'behind', place }
    return mark.discard ? { kind: 'discard' } : { kind: 'work', place }
  }

  /** Makes the record a letter. `place` is the one it had when it was a letter before. */
  bury(head: FrontRecord, reason: string, place: LetterPlace | undefined): void {
    const { outputs, topic, partition, ports } = this.#options
    const { key, value, timestamp, headers } = head.batch
    const letter = {
      origin: { topic: head.topic, partition: head.partition, offset: head.offset },
      reason,
      time: ports.clock.now(),
      place: place ?? (key === null ? undefined : this.#options.parked.add(head.topic, key, head.offset)),
      headers: ownHeaders(headers),
    }
    outputs.topic(topic).append(partition, key, value, timestamp, letterHeaders(letter))
  }

  /** The oldest letter of the record's key has been dealt with. */
  settle(head: FrontRecord): void {
    const { key } = head.batch
    if (key !== null) this.#options.parked.advance(head.topic, key)
  }
}
