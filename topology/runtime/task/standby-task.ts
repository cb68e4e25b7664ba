import type { TaskState } from '../../../state/index.ts'
import type { Ports } from '../../ports.ts'
import { messageOf, TaskMigratedError } from '../../errors.ts'
import { Wakeup } from '../wakeup.ts'
import type { TaskMetrics } from './task-metrics.ts'
import type { TaskStores } from '../state/index.ts'

export interface StandbyTaskOptions {
  readonly name: string
  readonly metrics: TaskMetrics
  readonly stores: TaskStores
  readonly ports: Ports
  /** It has come to the end of its changelogs for the first time. */
  onCaughtUp(): void
}

const POLL_MS = 200
const RETRY_MS = 1_000

/**
 * A copy of a task's stores, kept up with their changelogs while another instance has the task: whoever takes the task here restores next
 * to nothing, and reads are answered while nobody has it. It writes nothing to the broker.
 */
export class StandbyTask {
  readonly name: string
  readonly metrics: TaskMetrics
  readonly #options: StandbyTaskOptions
  readonly #wakeup = new Wakeup()
  readonly #done: Promise<void>
  readonly #unwanted = new AbortController()
  /** When everything that was committed before had been copied; monotonic. */
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

  /** Undefined: not open, or not of one piece yet. */
  get state(): TaskState | undefined {
    return this.isCaughtUp ? this.#options.stores.state : undefined
  }

  async close(): Promise<void> {
    this.#unwanted.abort(new TaskMigratedError(`The standby of ${this.name} is given up`))
    this.#wakeup.raise()
    await this.#done
  }

  async #run(): Promise<void> {
    const { stores, ports, name } = this.#options
    const { signal } = this.#unwanted
    while (!signal.aborted) {
      let pauseMs = POLL_MS
      try {
        const begunAt = ports.clock.monotonic()
        await stores.open(signal)
        const isFirst = this.#caughtUpAt === undefined
        this.#caughtUpAt = begunAt
        if (isFirst) this.#options.onCaughtUp()
      } catch (error) {
        ports.logger.debug('a standby could not be kept up', { task: name, error: messageOf(error) })
        pauseMs = RETRY_MS
      }
      const timer = ports.timers.setTimeout(() => this.#wakeup.raise(), pauseMs)
      if (!signal.aborted) await this.#wakeup.wait()
      timer.cancel()
    }
    await stores.close()
  }
}
