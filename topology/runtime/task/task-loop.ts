import { StateFormatError, StateLockedError } from '../../../state/index.ts'
import { FatalBrokerError, OffsetOutOfRangeError } from '../../broker/index.ts'
import { FatalStreamsError, messageOf, RetriableError, TaskMigratedError } from '../../errors.ts'
import type { Ports, TimerHandle } from '../../ports.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { Wakeup } from '../wakeup.ts'
import type { Task } from './task.ts'

export interface TaskLoopOptions {
  readonly ports: Ports
  /** The longest a busy task goes without a commit, milliseconds. */
  readonly commitIntervalMs: number
  /** The most rows written and records to be sent before a commit. */
  readonly commitRecords: number
  /** The task has room for more input. */
  onHungry(): void
  onFatal(error: unknown): void
  /** Whether the instance is still a member of the group. After an error the task is opened again only if it is (DECISIONS 13). */
  isMember(): Promise<boolean>
}

const RETRY_MS = 100

/**
 * Keeps one task going: processes while there is work, commits at once when there is none, and at the latest after the interval. An error
 * opens the task again.
 */
export class TaskLoop {
  readonly task: Task
  readonly #options: TaskLoopOptions
  readonly #wakeup = new Wakeup()
  readonly #done: Promise<void>
  /** Aborted when the task is revoked: ends the waits that may be long. */
  readonly #revoked = new AbortController()
  /** Another member may own the task by now. */
  #isLost = false
  #punctuation: TimerHandle | undefined
  /** Why the task waited last. */
  #waitReason: string | undefined

  constructor(task: Task, options: TaskLoopOptions) {
    this.task = task
    this.#options = options
    this.#done = this.#run()
  }

  get isRunning(): boolean {
    return this.task.status === 'running'
  }

  /** Input has arrived. */
  wake(): void {
    this.#wakeup.raise()
  }

  /** Commits what has been processed, then closes the task. */
  async close(): Promise<void> {
    await this.#end()
  }

  /** Closes the task without a commit: another member owns it. */
  async abandon(): Promise<void> {
    this.#isLost = true
    await this.#end()
  }

  async #end(): Promise<void> {
    this.task.suspend()
    this.#revoked.abort(new TaskMigratedError(`Task ${this.task.name} is revoked`))
    this.#wakeup.raise()
    await this.#done
  }

  get #isAssigned(): boolean {
    return !this.#isLost && !this.#revoked.signal.aborted
  }

  async #run(): Promise<void> {
    while (this.#isAssigned) {
      try {
        await this.task.open(this.#revoked.signal)
        this.#options.onHungry()
        await this.#work()
      } catch (error) {
        await this.#recover(error)
      }
    }
    this.#punctuation?.cancel()
    try {
      await this.task.close()
    } catch (error) {
      this.#options.ports.logger.warn('a task could not be closed cleanly', { task: this.task.name, error: String(error) })
    }
  }

  /** Returns when the task is revoked; what it has processed is committed by then, unless the task is lost. */
  async #work(): Promise<void> {
    const { ports, commitIntervalMs, commitRecords } = this.#options
    let lastCommit = ports.clock.monotonic()
    while (this.#isAssigned) {
      while (this.#isAssigned && this.task.hasWork) {
        await this.task.process()
        this.#options.onHungry()
        if (ports.clock.monotonic() - lastCommit >= commitIntervalMs || this.task.uncommittedRecords >= commitRecords) {
          await this.task.commit()
          lastCommit = ports.clock.monotonic()
        }
        await ports.timers.yield()
      }
      if (this.#isLost) return
      await this.task.commit()
      lastCommit = ports.clock.monotonic()
      if (!this.#isAssigned || this.task.hasWork) continue
      this.#options.onHungry()
      this.#armPunctuation()
      await this.#wakeup.wait()
    }
  }

  #armPunctuation(): void {
    const { clock, timers } = this.#options.ports
    this.#punctuation?.cancel()
    const next = this.task.nextPunctuation
    this.#punctuation = next === undefined ? undefined : timers.setTimeout(() => this.wake(), Math.max(0, next - clock.now()))
  }

  async #recover(error: unknown): Promise<void> {
    const { logger, timers } = this.#options.ports
    if (isFatal(error)) {
      this.#isLost = true
      this.#options.onFatal(error)
      return
    }
    if (!this.#isAssigned) return
    this.task.wait()
    const isExpected = error instanceof TaskMigratedError || error instanceof RetriableError
    logger[isExpected ? 'debug' : 'warn']('a task is opened again', { task: this.task.name, error: String(error) })
    if (error instanceof RetriableError) await this.#untilReady(error)
    if (!(error instanceof TaskMigratedError)) await timers.sleep(RETRY_MS)
    while (this.#isAssigned && !(await this.#options.isMember())) await timers.sleep(RETRY_MS)
  }

  /** Returns when the record is worth another try. Why it is not ready is logged once, not with each try. */
  async #untilReady({ ready, message }: RetriableError): Promise<void> {
    try {
      await unlessAborted(ready, this.#revoked.signal)
    } catch (error) {
      const reason = `${message} ${messageOf(error)}`
      if (this.#isAssigned && reason !== this.#waitReason)
        this.#options.ports.logger.warn('a task waits, and tries again', { task: this.task.name, reason })
      this.#waitReason = reason
    }
  }
}

function isFatal(error: unknown): boolean {
  return (
    error instanceof FatalBrokerError ||
    error instanceof FatalStreamsError ||
    error instanceof OffsetOutOfRangeError ||
    error instanceof StateLockedError ||
    error instanceof StateFormatError
  )
}
