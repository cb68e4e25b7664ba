import { StateFormatError, StateLockedError } from '../../../state/index.ts'
import { FatalBrokerError, OffsetOutOfRangeError } from '../../broker/index.ts'
import type { Ports, TimerHandle } from '../../ports.ts'
import { FatalStreamsError, messageOf, RetriableError, TaskMigratedError } from '../../errors.ts'
import { Wakeup } from '../wakeup.ts'
import type { Task } from './task.ts'
import { unlessAborted } from '../unless-aborted.ts'

export interface TaskLoopOptions {
  readonly ports: Ports
  /** The longest a busy task goes without a commit, milliseconds. */
  readonly commitIntervalMs: number
  /** And the most it gathers, in rows written and records sent. */
  readonly commitRecords: number
  /** The task has room for more input. */
  onHungry(): void
  onFatal(error: unknown): void
  /** Whether the group still counts this instance in: a task that was fenced is opened again only then. */
  isMember(): Promise<boolean>
}

const RETRY_MS = 100

/**
 * Keeps one task going: works while there is something to do, commits at once when there is not, and at the latest after the
 * interval. An error opens the task again.
 */
export class TaskLoop {
  readonly task: Task
  readonly #options: TaskLoopOptions
  readonly #wakeup = new Wakeup()
  readonly #done: Promise<void>
  /** Ends the waits that may be long when the task is to be given up. */
  readonly #unwanted = new AbortController()
  #state: 'opening' | 'running' | 'closing' | 'abandoned' = 'opening'
  #punctuation: TimerHandle | undefined
  /** What the task waited for last. */
  #obstacle: string | undefined

  constructor(task: Task, options: TaskLoopOptions) {
    this.task = task
    this.#options = options
    this.#done = this.#run()
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  /** Input has come. */
  wake(): void {
    this.#wakeup.raise()
  }

  /** Commits what is in hand, then gives the task up. */
  async close(): Promise<void> {
    if (this.#state !== 'abandoned') this.#state = 'closing'
    await this.#end()
  }

  /** Gives the task up without a commit: it belongs to somebody else. */
  async abandon(): Promise<void> {
    this.#state = 'abandoned'
    await this.#end()
  }

  async #end(): Promise<void> {
    this.#unwanted.abort(new TaskMigratedError(`Task ${this.task.name} is given up`))
    this.#wakeup.raise()
    await this.#done
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      try {
        await this.task.open(this.#unwanted.signal)
        if (this.#state === 'opening') this.#state = 'running'
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
      this.#options.ports.logger.warn('a task could not be closed in order', { task: this.task.name, error: String(error) })
    }
  }

  get #isWanted(): boolean {
    return this.#state === 'opening' || this.#state === 'running'
  }

  /** Returns when the task is to be given up; what is in hand has been committed then, unless it is somebody else's. */
  async #work(): Promise<void> {
    const { ports, commitIntervalMs, commitRecords } = this.#options
    let lastCommit = ports.clock.monotonic()
    while (this.#isWanted) {
      while (this.#isWanted && this.task.hasWork) {
        await this.task.process()
        this.#options.onHungry()
        if (ports.clock.monotonic() - lastCommit >= commitIntervalMs || this.task.uncommittedRecords >= commitRecords) {
          await this.task.commit()
          lastCommit = ports.clock.monotonic()
        }
        await ports.timers.yield()
      }
      if (this.#state === 'abandoned') return
      await this.task.commit()
      lastCommit = ports.clock.monotonic()
      if (!this.#isWanted || this.task.hasWork) continue
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
      this.#state = 'abandoned'
      this.#options.onFatal(error)
      return
    }
    if (!this.#isWanted) return
    const isExpected = error instanceof TaskMigratedError || error instanceof RetriableError
    logger[isExpected ? 'debug' : 'warn']('a task is opened again', { task: this.task.name, error: String(error) })
    if (error instanceof RetriableError) await this.#becomesReady(error)
    if (!(error instanceof TaskMigratedError)) await timers.sleep(RETRY_MS)
    while (this.#isWanted && !(await this.#options.isMember())) await timers.sleep(RETRY_MS)
  }

  /** Returns when it is worth another try. Why it was not ready after all is told once, not with each try. */
  async #becomesReady({ ready, message }: RetriableError): Promise<void> {
    try {
      await unlessAborted(ready, this.#unwanted.signal)
    } catch (error) {
      const obstacle = `${message} ${messageOf(error)}`
      if (this.#isWanted && obstacle !== this.#obstacle)
        this.#options.ports.logger.warn('a task waits, and tries again', { task: this.task.name, reason: obstacle })
      this.#obstacle = obstacle
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
