/** The Processor API: what a developer writes below the DSL, and what every DSL operator is made of. */
import type { StateStore } from '../state/index.ts'
import type { Header } from './broker/record-batch/record-batch.ts'

export interface Record<K, V> {
  readonly key: K
  readonly value: V
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers?: readonly Header[] | undefined
}

/** Where the record under way came from; undefined in a punctuator. */
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
 * A fresh instance per task, and again after an aborted transaction: what it keeps outside its stores is only ever what it
 * has worked out from records since then. `process` and punctuators may return a promise; the task then holds back what follows until it has
 * settled. Whatever they throw sends the record under way to the dead-letter topic, unless it is an error of the
 * engine's own (`StreamsError`), which is handled by its class.
 */
export interface Processor<KIn, VIn, KOut = never, VOut = never> {
  init?(context: ProcessorContext<KOut, VOut>): void | Promise<void>
  process(record: Record<KIn, VIn>): void | Promise<void>
  close?(): void
}

/**
 * Makes the processor of one task. The context is ready: its stores hold committed state, so they can be opened here. `init` is for what
 * reads them asynchronously, schedules punctuators or forwards.
 */
export type ProcessorSupplier<KIn, VIn, KOut = never, VOut = never> = (
  context: ProcessorContext<KOut, VOut>,
) => Processor<KIn, VIn, KOut, VOut>

export interface ProcessorContext<KOut, VOut> {
  readonly taskId: TaskId
  readonly applicationId: string
  /** Hands the record to every child, or to the one named. */
  forward(record: Record<KOut, VOut>, child?: string): void
  /** A store connected to this processor by the topology; throws for any other name. */
  store<S extends StateStore>(name: string): S
  schedule(options: PunctuationOptions, punctuate: Punctuator): Cancellable
  readonly recordMetadata: RecordMetadata | undefined
  /** Largest timestamp the task has processed, −1 before the first record. */
  readonly streamTime: number
  /** Wall-clock milliseconds. */
  readonly systemTime: number
  /** Counts a record that is left out, by reason code (`late`, `null-key`, …). */
  drop(reason: string): void
}

export interface PunctuationOptions {
  readonly intervalMs: number
  /** `stream`: driven by record timestamps. `wall`: by the clock. */
  readonly clock: 'stream' | 'wall'
  /** Anchors the grid of firing times; default: stream 0, wall the time of scheduling. */
  readonly startMs?: number
}

export type Punctuator = (timestamp: number) => void | Promise<void>

export interface Cancellable {
  cancel(): void
}
