import type { StateStore } from '../state/index.ts'
import type { Header } from './broker/index.ts'

export interface Record<K, V> {
  readonly key: K
  readonly value: V
  /** Milliseconds since the epoch: a whole number, 0 or greater. */
  readonly timestamp: number
  readonly headers?: readonly Header[] | undefined
}

/** Where the current record came from; undefined in a punctuator. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface TaskId {
  readonly subtopology: number
  readonly partition: number
}

/**
 * The Processor API: what applications implement below the DSL, and what every DSL operator is made of. Each task has its own
 * instance, and gets a new one after an aborted transaction, so state outside the stores must be derivable from the records
 * since then. If `process` or a punctuator returns a promise, the task holds later records back until it resolves. An error they
 * throw sends the current record to the dead-letter topic, unless it is a `StreamsError`, which is handled by its class.
 */
export interface Processor<KIn, VIn, KOut = never, VOut = never> {
  init?(context: ProcessorContext<KOut, VOut>): void | Promise<void>
  process(record: Record<KIn, VIn>): void | Promise<void>
  close?(): void
}

/**
 * Makes the processor of one task. Stores can be opened here, because they already hold their committed state. `init` is for
 * asynchronous reads, for scheduling punctuators and for forwarding at start.
 */
export type ProcessorSupplier<KIn, VIn, KOut = never, VOut = never> = (
  context: ProcessorContext<KOut, VOut>,
) => Processor<KIn, VIn, KOut, VOut>

export interface ProcessorContext<KOut, VOut> {
  readonly taskId: TaskId
  readonly applicationId: string
  /**
   * Forwards the record to every child, or to the named one. A key or value that is undefined counts as null. Throws `RangeError` for a timestamp that
   * is not a whole number, 0 or greater, and `TypeError` for one that is no number.
   */
  forward(record: Record<KOut, VOut>, child?: string): void
  /** A store that the topology connects to this processor. Throws `RangeError` for any other name. */
  store<S extends StateStore>(name: string): S
  schedule(options: PunctuationOptions, punctuate: Punctuator): Cancellable
  readonly recordMetadata: RecordMetadata | undefined
  /** Largest timestamp the task has processed, −1 before the first record. */
  readonly streamTime: number
  /** Wall-clock milliseconds. */
  readonly systemTime: number
  /** Counts a dropped record by reason code (`late`, `null-key`, …). */
  drop(reason: string): void
}

export interface PunctuationOptions {
  /** A whole number of milliseconds, 1 or greater. */
  readonly intervalMs: number
  /** `stream`: driven by record timestamps. `wall`: driven by the clock. */
  readonly clock: 'stream' | 'wall'
  /** The punctuator fires at multiples of the interval from here: a whole number, 0 or greater. Default: 0 for `stream`, the time of scheduling for `wall`. */
  readonly startMs?: number
}

export type Punctuator = (timestamp: number) => void | Promise<void>

export interface Cancellable {
  cancel(): void
}
