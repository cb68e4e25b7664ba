import { asRetriable, FatalStreamsError, messageOf, TaskMigratedError } from '../../errors.ts'
import type { Ports, TimerHandle } from '../../ports.ts'
import { concernsTopic, faultOf } from '../fault.ts'
import { OutageLog } from '../outage-log.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { Wakeup } from '../wakeup.ts'
import { TaskProgress } from './task-progress.ts'
import type { Task } from './task.ts'
import type { Turns } from './turns.ts'

export interface TaskLoopOptions {
  readonly ports: Ports
  /** Shared by the tasks of an instance. */
  readonly turns: Turns
  /** The longest a busy task goes without a commit, milliseconds. */
  readonly commitIntervalMs: number
  /** The most rows written and records to be sent before a commit. */
  readonly commitRecords: number
  /** A task with work that has committed nothing for so long is stalled, milliseconds. */
  readonly stallTimeoutMs: number
  /** The task has room for more input. */
  onHungry(): void
  onFatal(error: unknown): void
  /** A topic may have been deleted, created again or enlarged. */
  onTopicError(): void
  /** Whether the instance is still a member of the group. After an error the task is opened again only if it is (DECISIONS 13). */
  isMember(): Promise<boolean>
}

const MEMBERSHIP_RETRY_MS = 100
/** What a rebalance may cost a task; more without a commit in between is a fault. */
const EXPECTED_MIGRATIONS = 2
/** After so many openings without progress an error is no longer taken for one that passes. */
const MAX_OPENINGS = 12

/**
 * Keeps one task going: processes while there is work, commits at once when there is none, and at the latest after the interval. An error
 * opens the task again, as its fault says.
 */
export class TaskLoop {
  readonly task: Task
  readonly progress: TaskProgress
  readonly #options: TaskLoopOptions
  readonly #wakeup = new Wakeup()
  readonly #outage: OutageLog
  readonly #stalls: OutageLog
  readonly #done: Promise<void>
  /** Aborted when the task is revoked: ends the waits that may be long. */
  readonly #revoked = new AbortController()
  /** Another member may own the task by now. */
  #isLost = false
  #punctuation: TimerHandle | undefined

  constructor(task: Task, options: TaskLoopOptions) {
    this.task = task
    this.#options = options
    this.progress = new TaskProgress({ task, ports: options.ports, stallTimeoutMs: options.stallTimeoutMs })
    this.#outage = new OutageLog(options.ports.clock, options.ports.logger)
    this.#stalls = new OutageLog(options.ports.clock, options.ports.logger)
    this.#done = this.#run()
  }

  get isRunning(): boolean {
    return this.task.status === 'running'
  }

  /** Input has arrived. */
  wake(): void {
    this.#wakeup.raise()
  }

  /** Source topics may have grown: if so, the task is opened again after a commit, with its new inputs. */
  followTopics(): void {
    if (this.task.isOutdated) this.wake()
  }

  /** To be called regularly: warns when the task has stalled, and at growing intervals for as long as that lasts. */
  checkProgress(): void {
    const { name: task } = this.task
    const stall = this.progress.check()
    if (stall === undefined) return this.#stalls.recovered('a task is no longer stalled', { task })
    this.#stalls.failed('a task is stalled', stall.reason, { code: 'task-stalled', task, record: stall.record })
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

  /** The task has not closed in time: it commits nothing from now on. */
  warnOfPending(): void {
    const { status, name, pendingRecord: record } = this.task
    if (status === 'closed') return
    this.#isLost = true
    const reason = record === undefined ? 'no broker answers' : 'process() has not resolved'
    this.#options.ports.logger.warn('a task did not close in time; its next owner does again what is not committed', {
      code: 'task-not-closed',
      task: name,
      reason,
      record,
    })
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

  /** Returns when the task is revoked, or its inputs are others; what it has processed is committed by then, unless the task is lost. */
  async #work(): Promise<void> {
    const { ports, turns, commitIntervalMs, commitRecords } = this.#options
    let lastCommit = ports.clock.monotonic()
    const commit = async (): Promise<void> => {
      if (this.#isLost) return
      await this.task.commit()
      lastCommit = ports.clock.monotonic()
      if (this.progress.advanced()) this.#outage.recovered('a task is making progress again', { task: this.task.name })
    }
    while (this.#isAssigned && !this.task.isOutdated) {
      while (this.#isAssigned && this.task.hasWork) {
        const endsTransaction = await this.task.process()
        this.#options.onHungry()
        const isDue = ports.clock.monotonic() - lastCommit >= commitIntervalMs || this.task.uncommittedRecords >= commitRecords
        if (isDue || endsTransaction) await commit()
        await turns.next()
      }
      if (this.#isLost) return
      await commit()
      if (!this.#isAssigned || this.task.hasWork || this.task.isOutdated) continue
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
    const fault = faultOf(error)
    if (concernsTopic(error)) this.#options.onTopicError()
    if (fault === 'application') return this.#giveUp(error)
    if (!this.#isAssigned) return
    this.task.wait()
    switch (fault) {
      case 'record':
        this.#options.ports.logger.debug('a transaction is done again without a record', { task: this.task.name, error: String(error) })
        break
      case 'migration':
        await this.#openAgain(error)
        break
      case 'world':
        await this.#untilReady(error)
        break
      case 'task': {
        const pauseMs = this.progress.failed('task', messageOf(error))
        const openings = this.progress.failures.task
        if (openings >= MAX_OPENINGS) return this.#giveUp(exhausted(this.task.name, openings, error))
        this.#outage.failed('a task failed and is opened again', messageOf(error), { code: 'task-failed', task: this.task.name })
        await this.#sleep(pauseMs)
        break
      }
      default:
        fault satisfies never
    }
    while (this.#isAssigned && !(await this.#isMember())) await this.#sleep(MEMBERSHIP_RETRY_MS)
  }

  /** A heartbeat may not be answered: a task that is revoked does not wait for it. */
  #isMember(): Promise<boolean> {
    return unlessAborted(this.#options.isMember(), this.#revoked.signal).catch(() => false)
  }

  /** Once is expected, and done at once. A task that migrates again and again without a commit is reported, and not opened in a tight loop. */
  async #openAgain(error: unknown): Promise<void> {
    const { logger } = this.#options.ports
    const pauseMs = this.progress.failed('migration', messageOf(error))
    logger.debug('a task is opened again', { task: this.task.name, error: String(error) })
    if (this.progress.failures.migration <= EXPECTED_MIGRATIONS) return
    this.#outage.failed('a task is opened again and again', messageOf(error), { code: 'task-failed', task: this.task.name })
    await this.#sleep(pauseMs)
  }

  #giveUp(error: unknown): void {
    this.#isLost = true
    this.#options.onFatal(error)
  }

  /** Waits until the world may have changed; a record that names what it waits for says when. */
  async #untilReady(error: unknown): Promise<void> {
    let reason = messageOf(error)
    const pauseMs = this.progress.failed('world', reason)
    const ready = asRetriable(error)?.ready
    let isExpected = ready !== undefined && this.progress.failures.world === 1
    try {
      if (ready !== undefined) await unlessAborted(ready, this.#revoked.signal)
    } catch (cause) {
      if (concernsTopic(cause)) this.#options.onTopicError()
      if (faultOf(cause) === 'application') return this.#giveUp(cause)
      reason = `${reason} ${messageOf(cause)}`
      isExpected = false
    }
    if (!this.#isAssigned) return
    if (!isExpected) this.#outage.failed('a task waits, and tries again', reason, { code: 'task-waits', task: this.task.name })
    await this.#sleep(pauseMs)
  }

  async #sleep(ms: number): Promise<void> {
    await this.#options.ports.timers.sleep(ms, this.#revoked.signal).catch(() => undefined) // a revoked task needs no pause
  }
}

function exhausted(task: string, openings: number, cause: unknown): FatalStreamsError {
  return new FatalStreamsError(
    `Task ${task} was opened ${openings} times without progress, the last time because of: ${messageOf(cause)}. Correct the cause and start the instance again.`,
    { cause },
  )
}
