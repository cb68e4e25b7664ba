import { StateCorruptedError, StateError, StateUnavailableError } from '../../../state/index.ts'
import { UnreadableBatchError } from '../../broker/index.ts'
import {
  asRetriable,
  messageOf,
  RecordError,
  shortKey,
  stackOf,
  StreamsError,
  TaskCorruptedError,
  TaskFailedError,
  type RecordStage,
} from '../../errors.ts'
import type { Logger } from '../../ports.ts'
import type { RecordMetadata } from '../../processor.ts'
import { ownHeaders, type LetterBox, type LetterPlace } from '../dead-letters/index.ts'
import { failing, responseTo, type ErrorHandlers } from '../error-handlers.ts'
import type { AnyRecord } from './graph-environment.ts'
import { takeOrigin } from './error-origin.ts'
import type { Head } from './record-queue.ts'
import type { RunningGraph } from './running-graph.ts'
import type { TaskMetrics } from './task-metrics.ts'

/** A record that failed in this process, and what its handler decided. */
export interface RecordFailure {
  readonly error: RecordError
  readonly response: 'continue' | 'park'
}

export interface RecordHandlerOptions {
  readonly task: string
  readonly graph: RunningGraph
  readonly letters: LetterBox
  readonly handlers: ErrorHandlers
  /** Records known to fail, by position. Outlives the opening in which they failed. */
  readonly failed: Map<string, RecordFailure>
  readonly metrics: TaskMetrics
  readonly logger: Logger
  /** `record` is undefined for a punctuator. */
  drop(reason: string, record: RecordMetadata | undefined, error?: RecordError): void
  /** Commits what was processed before the record under way. */
  commit(): Promise<void>
  /** A read found rows that do not match their checksums. */
  onStateDamaged(): void
}

/**
 * Processes a task's records one by one, or sends them to the dead letters. A record that throws has its whole transaction done again without it,
 * because what it had written and forwarded must not survive (DECISIONS 15).
 */
export class RecordHandler {
  readonly #options: RecordHandlerOptions
  readonly #letters: LetterBox
  readonly #failed: Map<string, RecordFailure>
  #hasGivenUp = false

  constructor(options: RecordHandlerOptions) {
    this.#options = options
    this.#letters = options.letters
    this.#failed = options.failed
  }

  /** A record was given up: a commit now keeps the records before it from being processed again with each of the next failures. */
  get hasGivenUp(): boolean {
    return this.#hasGivenUp
  }

  takeGivenUp(): boolean {
    const hasGivenUp = this.#hasGivenUp
    this.#hasGivenUp = false
    return hasGivenUp
  }

  /** A promise only where a processor returned one. Throws `StreamsError`s, and `StateUnavailableError`. */
  handle(head: Head): void | Promise<void> {
    const failure = this.#failed.size === 0 ? undefined : this.#failed.get(positionOf(head))
    const { record } = head
    if (failure === undefined && record !== undefined && record.headers === undefined && this.#letters.isEmpty) {
      return this.#process(head, record)
    }
    if (head.error instanceof UnreadableBatchError) return this.#waitFor(head.error)
    const disposition = this.#letters.dispositionOf(head)
    switch (disposition.kind) {
      case 'redriven-before':
        return this.#options.drop(disposition.kind, head)
      case 'discard':
        return this.#letters.resolve(head)
      case 'parked':
        return this.#park(head, 'behind a dead letter of the same key', disposition.place)
      case 'process':
        if (failure !== undefined) return this.#giveUp(head, failure, disposition.place)
        if (head.dropReason !== undefined) return this.#passOver(head, head.dropReason, disposition.place)
        if (record === undefined) return this.#unreadable(head, disposition.place)
        if (disposition.place === undefined) return this.#process(head, record)
        return this.#processLetter(head, record)
      default:
        return disposition satisfies never
    }
  }

  #passOver(head: Head, reason: string, place: LetterPlace | undefined): void {
    this.#options.drop(reason, head)
    if (place !== undefined) this.#letters.resolve(head)
  }

  #unreadable(head: Head, place: LetterPlace | undefined): void | Promise<void> {
    const retriable = asRetriable(head.error)
    if (retriable === undefined) return this.#giveUp(head, this.#failureOf(head, head.error, 'read', undefined), place)
    return this.#waitFor(retriable)
  }

  /** What cannot be read yet is waited for; what came before it is committed first, so that it does not wait too. */
  #waitFor(error: Error): Promise<void> {
    return this.#options.commit().then(() => {
      throw error
    })
  }

  #process(head: Head, record: AnyRecord): void | Promise<void> {
    try {
      const running = this.#options.graph.process(head.topic, record, head)
      return running?.catch((error: unknown) => this.#fail(head, error))
    } catch (error) {
      this.#fail(head, error)
    }
  }

  #processLetter(head: Head, { headers, ...record }: AnyRecord): void | Promise<void> {
    const running = this.#process(head, { ...record, headers: ownHeaders(headers) })
    return running === undefined ? this.#letters.resolve(head) : running.then(() => this.#letters.resolve(head))
  }

  /** Remembers the failure and has the transaction done again: the record's effects so far are among what is not committed. */
  #fail(head: Head, error: unknown): never {
    if (error instanceof StreamsError || error instanceof StateUnavailableError) throw error
    if (error instanceof StateCorruptedError) this.#options.onStateDamaged()
    if (error instanceof StateError) throw new TaskCorruptedError(error.message, { reason: 'damaged-rows', cause: error })
    const retriable = asRetriable(error)
    if (retriable !== undefined) throw retriable
    const { operator, stage } = takeOrigin(error) ?? { operator: undefined, stage: 'process' }
    const failure = this.#failureOf(head, error, stage, operator)
    this.#failed.set(positionOf(head), failure)
    this.#options.metrics.aborts++
    throw failure.error
  }

  /** Asks the handler. Throws `FatalStreamsError` when the instance is to fail. */
  #failureOf(head: Head, cause: unknown, stage: RecordStage, operator: string | undefined): RecordFailure {
    const { task, handlers } = this.#options
    const { topic, partition, offset } = head
    const error = new RecordError({ stage, task, operator, origin: { topic, partition, offset }, key: head.batch.key, cause })
    const response = responseTo(error, handlers)
    if (response === 'fail') throw failing(error)
    return { error, response }
  }

  /** Decides on what a punctuator threw: returns when it is ignored. What the punctuator had done so far stays, as in Kafka Streams. */
  punctuatorFailed(cause: unknown, operator: string | undefined): void {
    const { task, handlers, drop } = this.#options
    const error = new RecordError({ stage: 'process', task, operator, origin: undefined, key: null, cause })
    switch (responseTo(error, handlers)) {
      case 'continue':
        return drop('punctuator-error', undefined, error)
      case 'park':
        throw new TaskFailedError(error.message, { cause })
      case 'fail':
        throw failing(error)
    }
  }

  #giveUp(head: Head, { error, response }: RecordFailure, place: LetterPlace | undefined): void {
    this.#hasGivenUp = true
    const why = `${REASONS[error.stage]}: ${messageOf(error.cause)}`
    if (response === 'park') return this.#park(head, why, place, error)
    const { handlers, drop } = this.#options
    if (handlers.droppedRecordsTopic !== undefined) this.#letters.copyTo(handlers.droppedRecordsTopic, head, why, error)
    drop(`${error.stage}-error`, head, error)
    if (place !== undefined) this.#letters.resolve(head)
  }

  #park(head: Head, reason: string, place: LetterPlace | undefined, error?: RecordError): void {
    const { task, metrics, logger } = this.#options
    this.#letters.add(head, reason, place, error)
    metrics.deadLetters++
    logger.warn('a record went to the dead letters', {
      code: 'dead-letter',
      task,
      origin: positionOf(head),
      key: shortKey(head.batch.key),
      reason,
      ...(error === undefined ? {} : { operator: error.operator, stack: stackOf(error.cause) }),
    })
  }
}

/** Begins the reason of a dead letter. */
const REASONS: Readonly<Record<RecordStage, string>> = {
  read: 'cannot be read',
  process: 'cannot be processed',
  produce: 'its result cannot be produced',
}

function positionOf({ topic, partition, offset }: Head): string {
  return `${topic}-${partition}@${offset}`
}
