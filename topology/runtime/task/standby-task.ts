import type { TaskState } from '../../../state/index.ts'
import { messageOf, TaskMigratedError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import { concernsTopic, faultOf } from '../fault.ts'
import type { TaskStores } from '../state/index.ts'
import { OutageLog } from '../outage-log.ts'
import { Wakeup } from '../wakeup.ts'
import type { TaskMetrics } from './task-metrics.ts'

export interface StandbyTaskOptions {
  readonly name: string
  readonly metrics: TaskMetrics
  readonly stores: TaskStores
  readonly ports: Ports
  /** It has reached the ends of its changelogs for the first time. */
  onCaughtUp(): void
  /** A topic may have been deleted, created again or enlarged. */
  onTopicError(): void
  /** An error that no retry can help: the instance has to fail. */
  onFatal(error: unknown): void
}

const POLL_MS = 200
const RETRY_MS = 1_000

/**
 * A copy of a task's stores, kept up to date with their changelogs while another instance owns the task. When the task moves here, next to
 * nothing is left to restore; while no instance owns it, reads are answered from here. It writes nothing to the broker.
 */
export class StandbyTask {
  readonly name: string
  readonly metrics: TaskMetrics
  readonly #options: StandbyTaskOptions
  readonly #wakeup = new Wakeup()
  readonly #done: Promise<void>
  readonly #closed = new AbortController()
  /** All that was committed before this monotonic time has been copied. */
  #caughtUpAt: number | undefined

  constructor(options: StandbyTaskOptions) {
    this.name = options.name
    this.metrics = options.metrics
    this.#options = options
    this.#done = this.#run()
  }

  get isCaughtUp(): boolean {
    return this.#caughtUpAt !== undefined
  }

  /** What was committed longer ago than this is here, milliseconds. */
  get ageMs(): number | undefined {
    return this.#caughtUpAt === undefined ? undefined : this.#options.ports.clock.monotonic() - this.#caughtUpAt
  }

  /** Undefined: not open, or not caught up yet and therefore not consistent. */
  get state(): TaskState | undefined {
    return this.isCaughtUp ? this.#options.stores.state : undefined
  }

  async close(): Promise<void> {
    this.#closed.abort(new TaskMigratedError(`The standby of task ${this.name} is closed`))
    this.#wakeup.raise()
    await this.#done
  }

  async #run(): Promise<void> {
    const { stores, ports, name } = this.#options
    const { signal } = this.#closed
    const outage = new OutageLog(ports.clock, ports.logger)
    while (!signal.aborted) {
      let pauseMs = POLL_MS
      try {
        const begunAt = ports.clock.monotonic()
        await stores.open(signal)
        const isFirst = this.#caughtUpAt === undefined
        this.#caughtUpAt = begunAt
        outage.recovered('a standby is updated again', { task: name })
        if (isFirst) this.#options.onCaughtUp()
      } catch (error) {
        if (signal.aborted) break
        if (concernsTopic(error)) this.#options.onTopicError()
        if (faultOf(error) === 'application') {
          this.#options.onFatal(error)
          break
        }
        outage.failed('a standby could not be updated; it is tried again', messageOf(error), { code: 'standby-behind', task: name })
        pauseMs = RETRY_MS
      }
      const timer = ports.timers.setTimeout(() => this.#wakeup.raise(), pauseMs)
      if (!signal.aborted) await this.#wakeup.wait()
      timer.cancel()
    }
    await stores.close()
  }
}
