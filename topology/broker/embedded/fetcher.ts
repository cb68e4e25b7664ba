import type { Timers } from '../../ports.ts'
import type { FetchedPartition, Fetcher, FetchOptions, FetchPartition } from '../broker.ts'
import { FatalBrokerError } from '../errors.ts'
import type { Topics } from './topics.ts'

const DEFAULT_MAX_BYTES = 16 << 20
const DEFAULT_PARTITION_MAX_BYTES = 1 << 20

/** A fetch without new records waits for a callback of the partitions' logs, so waiting costs nothing. */
export class EmbeddedFetcher implements Fetcher {
  readonly #topics: Topics
  readonly #timers: Timers
  readonly #onClose: (fetcher: EmbeddedFetcher) => void
  #endWait: (() => void) | undefined
  #endReason: Error | undefined
  /** The index of the first partition in the next response, so that a full response does not always omit the same ones. */
  #nextFirst = 0

  constructor(topics: Topics, timers: Timers, onClose: (fetcher: EmbeddedFetcher) => void) {
    this.#topics = topics
    this.#timers = timers
    this.#onClose = onClose
  }

  async fetch(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    if (this.#endWait !== undefined) throw new FatalBrokerError('This fetcher has a fetch in flight: await it, or open another fetcher.')
    this.#checkUp()
    const found = this.#collect(partitions, options)
    if (found.length > 0 || options.maxWaitMs <= 0) return found
    await this.#wait(partitions, options.maxWaitMs)
    this.#checkUp()
    return this.#collect(partitions, options)
  }

  wakeup(): void {
    this.#endWait?.()
  }

  async close(): Promise<void> {
    this.end(new FatalBrokerError('The fetcher is closed: open another one.'))
    this.#onClose(this)
  }

  /** Makes the fetch in flight and all later ones throw the reason. */
  end(reason: Error): void {
    this.#endReason ??= reason
    this.wakeup()
  }

  #collect(partitions: readonly FetchPartition[], options: FetchOptions): FetchedPartition[] {
    const fetched: FetchedPartition[] = []
    let left = options.maxBytes ?? DEFAULT_MAX_BYTES
    const first = this.#nextFirst
    for (let i = 0; i < partitions.length; i++) {
      const requested = partitions[(first + i) % partitions.length]
      if (requested === undefined) continue
      const log = this.#topics.log(requested.topic, requested.partition, requested.topicId)
      if (!log.hasBeyond(requested.offset)) continue
      const { batches, nextOffset, sizeInBytes } = log.read(
        requested.offset,
        Math.min(requested.maxBytes ?? DEFAULT_PARTITION_MAX_BYTES, left),
      )
      left -= sizeInBytes
      fetched.push({
        topic: requested.topic,
        partition: requested.partition,
        batches,
        nextOffset,
        lastStableOffset: log.endOffset,
        logStartOffset: log.startOffset,
      })
      if (left <= 0) {
        this.#nextFirst = (first + i + 1) % partitions.length
        break
      }
    }
    return fetched
  }

  async #wait(partitions: readonly FetchPartition[], maxWaitMs: number): Promise<void> {
    const cleanups: (() => void)[] = []
    await new Promise<void>((resolve) => {
      const endWait = (): void => resolve()
      this.#endWait = endWait
      for (const { topic, partition, topicId } of partitions) cleanups.push(this.#topics.log(topic, partition, topicId).onPublish(endWait))
      const timer = this.#timers.setTimeout(endWait, maxWaitMs)
      cleanups.push(() => timer.cancel())
    })
    this.#endWait = undefined
    for (const cleanup of cleanups) cleanup()
  }

  #checkUp(): void {
    if (this.#endReason !== undefined) throw this.#endReason
  }
}
