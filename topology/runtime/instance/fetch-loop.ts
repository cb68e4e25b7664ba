import { OffsetOutOfRangeError, type Broker, type Fetcher } from '../../broker/index.ts'
import type { Ports } from '../../ports.ts'
import { FatalStreamsError, messageOf } from '../../errors.ts'
import type { RecordQueue } from '../task/index.ts'
import { Wakeup } from '../wakeup.ts'

export interface FetchLoopOptions {
  readonly broker: Pick<Broker, 'openFetcher'>
  readonly ports: Ports
  /** The queues of all running tasks, each with the way to wake its task. */
  queues(): Iterable<{ readonly queue: RecordQueue; wake(): void }>
  /** An input offset is not there any more: nothing is fetched from then on. */
  onFatal(error: FatalStreamsError): void
}

const FETCH_WAIT_MS = 10_000
/** A partition leaves the fetch while it has more than this waiting. */
const BUFFERED_BYTES = 4 << 20
/** One that has this much left can wait for the next poll: the answer to one under way, asked for again with others, would come twice. */
const ENOUGH_BYTES = BUFFERED_BYTES / 4
const RETRY_MS = 100

/** One long poll for all tasks of an instance. */
export class FetchLoop {
  readonly #options: FetchLoopOptions
  readonly #fetcher: Fetcher
  readonly #wakeup = new Wakeup()
  /** What the poll under way covers, and from where. */
  #polled = new Map<RecordQueue, number>()
  #running: Promise<void> | undefined
  #isOver = false

  constructor(options: FetchLoopOptions) {
    this.#options = options
    this.#fetcher = options.broker.openFetcher()
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isOver = true
    this.#wakeup.raise()
    this.#fetcher.wakeup()
    await this.#running
    await this.#fetcher.close()
  }

  /** Tasks have come, or have room again: the poll is made anew if it does not cover what is wanted now. */
  refresh(): void {
    const urgent = this.#polled.size === 0 ? BUFFERED_BYTES : ENOUGH_BYTES
    for (const { queue } of this.#options.queues()) {
      if (queue.bytes >= urgent || this.#polled.get(queue) === queue.fetchPosition) continue
      this.#wakeup.raise()
      this.#fetcher.wakeup()
      return
    }
  }

  async #run(): Promise<void> {
    const { onFatal, ports } = this.#options
    while (!this.#isOver) {
      this.#polled = new Map()
      for (const { queue } of this.#options.queues()) if (isHungry(queue)) this.#polled.set(queue, queue.fetchPosition)
      if (this.#polled.size === 0) {
        await this.#wakeup.wait()
        continue
      }
      try {
        await this.#fetch(this.#polled)
      } catch (error) {
        if (this.#isOver) return
        if (error instanceof OffsetOutOfRangeError) {
          const advice = "Records may be lost: set the group's offsets by hand to go on without them."
          return onFatal(new FatalStreamsError(`${error.message} ${advice}`, { cause: error }))
        }
        ports.logger.warn('nothing could be fetched', { error: messageOf(error) })
        await ports.timers.sleep(RETRY_MS)
      }
    }
  }

  async #fetch(polled: ReadonlyMap<RecordQueue, number>): Promise<void> {
    const partitions = [...polled].map(([{ topic, partition }, offset]) => ({ topic, partition, offset }))
    for (const fetched of await this.#fetcher.fetch(partitions, { maxWaitMs: FETCH_WAIT_MS })) {
      for (const { queue, wake } of this.#options.queues()) {
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
