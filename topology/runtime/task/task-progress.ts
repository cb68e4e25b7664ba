import type { Ports } from '../../ports.ts'
import type { Task } from './task.ts'

/** Why a task does not get on, for the operator. */
export interface Obstacle {
  readonly reason: string
  /** The record that is being processed, or has failed: `topic-partition@offset`. */
  readonly record?: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

export interface TaskProgressOptions {
  readonly task: Task
  readonly ports: Ports
  /** A task with work that has committed nothing for so long is stalled, milliseconds. */
  readonly stallTimeoutMs: number
}

/** Openings and transactions that failed without a commit in between. */
interface Failures {
  readonly world: number
  readonly migration: number
  readonly task: number
}

const NO_FAILURES: Failures = { world: 0, migration: 0, task: 0 }
const FIRST_PAUSE_MS = 100
/** The longest pause before the task is opened again, by fault. */
const LONGEST_PAUSE_MS = { world: 1_000, migration: 1_000, task: 10_000 }

/** Failures are forgotten after a commit, and after so long without another one. */
const QUIET_MS = 60_000

/**
 * Whether a task gets on. Progress is a commit, a restored record, or having nothing left to do. Counts failures without a commit in between, and says
 * how long to pause before the next opening.
 */
export class TaskProgress {
  readonly #options: TaskProgressOptions
  #waiting: Obstacle | undefined
  #stalled: Obstacle | undefined
  #progressAt: number
  #seen = ''
  #commits = 0
  #failures = NO_FAILURES
  #failedAt = -Infinity

  constructor(options: TaskProgressOptions) {
    this.#options = options
    this.#progressAt = options.ports.clock.monotonic()
  }

  /** The task waits for something; it may be stalled, too. */
  get waiting(): Obstacle | undefined {
    return this.#waiting
  }

  get stalled(): Obstacle | undefined {
    return this.#stalled
  }

  /** Openings and transactions that failed since the last commit, by fault. */
  get failures(): Readonly<Failures> {
    return this.#failures
  }

  /** An opening or a transaction has failed. Returns how long to pause before the next opening, milliseconds. */
  failed(fault: keyof Failures, reason: string): number {
    const now = this.#options.ports.clock.monotonic()
    this.#forgetFailures(now)
    this.#failures = { ...this.#failures, [fault]: this.#failures[fault] + 1 }
    this.#failedAt = now
    const since = this.#waiting?.since ?? this.#options.ports.clock.now()
    this.#waiting = { reason, since }
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures[fault] - 1), LONGEST_PAUSE_MS[fault])
  }

  /** The task has come to the end of a commit, empty or not. True when that ends a wait or a stall. */
  advanced(): boolean {
    const now = this.#options.ports.clock.monotonic()
    if (!this.#hasCommitted && (this.#hasWork || this.#hasFailedLately(now))) return false
    const wasHeldUp = this.#waiting !== undefined || this.#stalled !== undefined
    this.#progressAt = now
    this.#waiting = this.#stalled = undefined
    this.#forgetFailures(now)
    return wasHeldUp
  }

  /** To be called regularly. The stall, if there is one. */
  check(): Obstacle | undefined {
    const { task, ports, stallTimeoutMs } = this.#options
    const { commits, restored } = task.metrics
    const seen = `${commits} ${restored}`
    if (seen !== this.#seen || !this.#hasWork) {
      this.#seen = seen
      this.#progressAt = ports.clock.monotonic()
      return (this.#stalled = undefined)
    }
    const idleMs = ports.clock.monotonic() - this.#progressAt
    if (idleMs < stallTimeoutMs) return undefined
    const record = task.pendingRecord
    const since = this.#stalled?.since ?? ports.clock.now() - Math.round(idleMs)
    return (this.#stalled = { reason: this.#reason(), since, ...(record === undefined ? {} : { record }) })
  }

  get #hasCommitted(): boolean {
    return this.#options.task.metrics.commits !== this.#commits
  }

  get #hasWork(): boolean {
    const { task } = this.#options
    return task.status !== 'running' || task.isDirty || task.lag > 0
  }

  /** An error of the task's own, a punctuator's for instance, may come again although there is no record to process. */
  #hasFailedLately(now: number): boolean {
    return this.#failures.task > 0 && now - this.#failedAt <= QUIET_MS
  }

  #forgetFailures(now: number): void {
    if (this.#hasCommitted || now - this.#failedAt > QUIET_MS) this.#failures = NO_FAILURES
    this.#commits = this.#options.task.metrics.commits
  }

  #reason(): string {
    const { task } = this.#options
    if (this.#waiting !== undefined) return this.#waiting.reason
    if (task.status === 'restoring')
      return 'Opening the task takes long: a changelog cannot be read, or another producer’s transaction is open.'
    if (task.pendingRecord !== undefined) return 'process() has not resolved for this record.'
    if (task.isDirty) return 'What was processed cannot be committed.'
    return 'Records are in the topic and none arrives.'
  }
}
