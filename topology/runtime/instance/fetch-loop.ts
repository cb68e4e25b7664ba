import { OffsetOutOfRangeError, type Broker, type Fetcher } from '../../broker/index.ts'
import { FatalStreamsError, messageOf } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import { concernsTopic, faultOf } from '../fault.ts'
import { OutageLog } from '../outage-log.ts'
import type { RecordQueue } from '../task/index.ts'
import { Wakeup } from '../wakeup.ts'

export interface FetchLoopOptions {
  readonly broker: Pick<Broker, 'openFetcher'>
  readonly ports: Ports
  /** A topic may have been deleted, created again or enlarged. */
  onTopicError(): void
  /** An error that no retry can help, such as an input offset that is no longer in the log: nothing is fetched from then on. */
  onFatal(error: unknown): void
}

/** The queues of all running tasks, each with a function that wakes its task. */
export interface QueueSource {
  queues(): Iterable<{ readonly queue: RecordQueue; wake(): void }>
}

const FETCH_WAIT_MS = 10_000
/** A partition is not fetched while it has more than this waiting. */
const BUFFERED_BYTES = 4 << 20
/** A partition with this much left waits for the next poll: restarting a poll fetches the other partitions twice (DECISIONS 90). */
const ENOUGH_BYTES = BUFFERED_BYTES / 4
const RETRY_MS = 100
const LONGEST_PAUSE_MS = 1_000
const NO_QUEUES: QueueSource = { queues: () => [] }

/** One long poll for all tasks of an instance. */
export class FetchLoop {
  readonly #options: FetchLoopOptions
  readonly #fetcher: Fetcher
  readonly #wakeup = new Wakeup()
  readonly #outage: OutageLog
  #source = NO_QUEUES
  /** The queues that the current poll covers, with their fetch offsets. */
  #polled = new Map<RecordQueue, number>()
  #running: Promise<void> | undefined
  #isStopped = false

  constructor(options: FetchLoopOptions) {
    this.#options = options
    this.#fetcher = options.broker.openFetcher()
    this.#outage = new OutageLog(options.ports.clock, options.ports.logger)
  }

  start(source: QueueSource): void {
    this.#source = source
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#wakeup.raise()
    this.#fetcher.wakeup()
    await this.#running
    await this.#fetcher.close()
  }

  /** Why fetches fail at the moment. */
  get obstacle(): string | undefined {
    return this.#outage.reason
  }

  /** Call when tasks have been opened or have room again: restarts the poll if it does not cover what they need now. */
  refresh(): void {
    const urgent = this.#polled.size === 0 ? BUFFERED_BYTES : ENOUGH_BYTES
    for (const { queue } of this.#source.queues()) {
      if (queue.bytes >= urgent || this.#polled.get(queue) === queue.fetchPosition) continue
      this.#wakeup.raise()
      this.#fetcher.wakeup()
      return
    }
  }

  async #run(): Promise<void> {
    const { onFatal, ports } = this.#options
    let pauseMs = RETRY_MS
    while (!this.#isStopped) {
      this.#polled = new Map()
      for (const { queue } of this.#source.queues()) if (isHungry(queue)) this.#polled.set(queue, queue.fetchPosition)
      if (this.#polled.size === 0) {
        await this.#wakeup.wait()
        continue
      }
      try {
        await this.#fetch(this.#polled)
      } catch (error) {
        if (this.#isStopped) return
        if (concernsTopic(error)) this.#options.onTopicError()
        if (error instanceof OffsetOutOfRangeError) {
          const advice = "Records may be lost: set the group's offsets by hand to continue without them."
          return onFatal(new FatalStreamsError(`${error.message} ${advice}`, { cause: error }))
        }
        if (faultOf(error) === 'application') return onFatal(error)
        this.#outage.failed('a fetch failed; it is retried', messageOf(error), { code: 'fetch-failed' })
        await ports.timers.sleep(pauseMs)
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
        continue
      }
      pauseMs = RETRY_MS
      this.#outage.recovered('fetches succeed again')
    }
  }

  async #fetch(polled: ReadonlyMap<RecordQueue, number>): Promise<void> {
    const partitions = [...polled].map(([{ topic, topicId, partition }, offset]) => ({ topic, topicId, partition, offset }))
    for (const fetched of await this.#fetcher.fetch(partitions, { maxWaitMs: FETCH_WAIT_MS })) {
      for (const { queue, wake } of this.#source.queues()) {
        if (queue.topic !== fetched.topic || queue.partition !== fetched.partition || polled.get(queue) !== queue.fetchPosition) continue
        queue.add(fetched)
        wake()
      }
    }
  }
}

function isHungry(queue: RecordQueue): boolean {
  return queue.bytes < BUFFERED_BYTES
}
