import { FatalBrokerError } from '../../broker/index.ts'
import { messageOf } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import type { TopicTable } from '../../topics/index.ts'
import { faultOf } from '../fault.ts'
import { OutageLog } from '../outage-log.ts'
import { Wakeup } from '../wakeup.ts'

export interface TopicWatchOptions {
  readonly topics: TopicTable
  readonly ports: Ports
  /** Topics are described again after so long, milliseconds. */
  readonly metadataMaxAgeMs: number
  /** Called after each look, also when nothing has changed: what an earlier call could not do is done then. */
  onLooked(): Promise<void> | void
  /** A topic that the application needs is gone, was created again, or has grown although its state cannot follow. */
  onFatal(error: unknown): void
}

/** Between two looks, however many requests fail. A broker's metadata may lag behind, so only a second look confirms what the first found. */
const MIN_INTERVAL_MS = 500

/** Looks again at the application's topics, regularly and after errors that a topic may have caused. */
export class TopicWatch {
  readonly #options: TopicWatchOptions
  readonly #stopped = new AbortController()
  readonly #wakeup = new Wakeup()
  readonly #outage: OutageLog
  #running: Promise<void> | undefined
  #suspicion: unknown

  constructor(options: TopicWatchOptions) {
    this.#options = options
    this.#outage = new OutageLog(options.ports.clock, options.ports.logger)
  }

  start(): void {
    this.#running = this.#run()
  }

  /** A request has failed because of a topic: looks at once. */
  lookNow(): void {
    this.#wakeup.raise()
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('The instance is stopping'))
    this.#wakeup.raise()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      if (this.#suspicion === undefined) await this.#untilDue()
      if (!signal.aborted && (await this.#look())) return
      await this.#options.ports.timers.sleep(MIN_INTERVAL_MS, signal).catch(() => undefined) // it is stopping
    }
  }

  async #untilDue(): Promise<void> {
    const timer = this.#options.ports.timers.setTimeout(() => this.#wakeup.raise(), this.#options.metadataMaxAgeMs)
    await this.#wakeup.wait()
    timer.cancel()
  }

  /** True when the instance cannot continue. */
  async #look(): Promise<boolean> {
    const { onLooked, onFatal, topics } = this.#options
    try {
      await topics.refresh()
      await onLooked()
      this.#suspicion = undefined
      this.#outage.recovered('topics can be described again')
      return false
    } catch (error) {
      if (this.#stopped.signal.aborted) return true
      if (faultOf(error) !== 'application') {
        this.#outage.failed('topics cannot be described; it is retried', messageOf(error), { code: 'topics-not-described' })
        return false
      }
      const isCertain = this.#suspicion !== undefined || error instanceof FatalBrokerError
      this.#suspicion = error
      if (isCertain) onFatal(error)
      return isCertain
    }
  }
}
