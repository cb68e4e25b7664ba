import { StateCorruptedError, StateError } from '../../../state/index.ts'
import { partitionName } from '../../broker/index.ts'
import { asRetriable, messageOf, StreamsError, TaskCorruptedError, TaskMigratedError } from '../../errors.ts'
import type { Logger } from '../../ports.ts'
import { cannotBeRead, ownHeaders, type LetterBox, type LetterPlace } from '../dead-letters/index.ts'
import type { AnyRecord } from './graph-environment.ts'
import type { Head } from './record-queue.ts'
import type { RunningGraph } from './running-graph.ts'
import type { TaskMetrics } from './task-metrics.ts'

export interface RecordHandlerOptions {
  readonly task: string
  readonly graph: RunningGraph
  readonly letters: LetterBox
  /** Records known to fail, by position, with the reason. Outlives the opening in which they failed. */
  readonly failed: Map<string, string>
  readonly metrics: TaskMetrics
  readonly logger: Logger
  drop(reason: string): void
  /** Commits what was processed before the record under way. */
  commit(): Promise<void>
  /** A read found rows that do not match their checksums. */
  onStateDamaged(): void
}

/**
 * Processes a task's records one by one, or sends them to the dead letters. When processing a record throws, its whole transaction is repeated
 * without it, because what it had written and forwarded must not survive (DECISIONS 15).
 */
export class RecordHandler {
  readonly #options: RecordHandlerOptions
  readonly #letters: LetterBox
  readonly #failed: Map<string, string>

  constructor(options: RecordHandlerOptions) {
    this.#options = options
    this.#letters = options.letters
    this.#failed = options.failed
  }

  /** A promise only where a processor returned one. Throws `StreamsError`s. */
  handle(head: Head): void | Promise<void> {
    const reason = this.#failed.size === 0 ? undefined : this.#failed.get(positionOf(head))
    const { record } = head
    if (reason === undefined && record !== undefined && record.headers === undefined && this.#letters.isEmpty) {
      return this.#process(head, record)
    }
    const disposition = this.#letters.dispositionOf(head)
    switch (disposition.kind) {
      case 'redriven-before':
        return this.#options.drop(disposition.kind)
      case 'discard':
        return this.#letters.resolve(head)
      case 'parked':
        return this.#toDeadLetters(head, 'behind a dead letter of the same key', disposition.place)
      case 'process':
        if (reason !== undefined) return this.#toDeadLetters(head, reason, disposition.place)
        if (record === undefined) return this.#unreadable(head, disposition.place)
        if (disposition.place === undefined) return this.#process(head, record)
        return this.#processLetter(head, record)
      default:
        return disposition satisfies never
    }
  }

  /** A record that cannot be read yet delays the task; the records before it are committed first, so that they are not delayed too. */
  #unreadable(head: Head, place: LetterPlace | undefined): void | Promise<void> {
    const retriable = asRetriable(head.error)
    if (retriable === undefined) return this.#toDeadLetters(head, cannotBeRead(messageOf(head.error)), place)
    return this.#options.commit().then(() => {
      throw retriable
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

  /** Remembers the record as failed and has the transaction repeated, because its effects are among the uncommitted ones. */
  #fail(head: Head, error: unknown): never {
    const { task, metrics } = this.#options
    if (error instanceof StreamsError) throw error
    if (error instanceof StateCorruptedError) this.#options.onStateDamaged()
    if (error instanceof StateError) throw new TaskCorruptedError(error.message, { reason: 'damaged-rows', cause: error })
    const retriable = asRetriable(error)
    if (retriable !== undefined) throw retriable
    this.#failed.set(positionOf(head), `cannot be processed: ${messageOf(error)}`)
    metrics.aborts++
    throw new TaskMigratedError(
      `Task ${task} cannot process ${positionOf(head)} and repeats the transaction without it: ${messageOf(error)}`,
      { cause: error },
    )
  }

  #toDeadLetters(head: Head, reason: string, place: LetterPlace | undefined): void {
    const { task, metrics, logger } = this.#options
    this.#letters.add(head, reason, place)
    metrics.deadLetters++
    logger.warn('a record went to the dead letters', { task, origin: positionOf(head), reason })
  }
}

function positionOf(head: Head): string {
  return `${partitionName(head)}@${head.offset}`
}
