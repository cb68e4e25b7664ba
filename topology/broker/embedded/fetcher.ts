import type { Timers } from '../../ports.ts'
import type { FetchedPartition, Fetcher, FetchOptions, FetchPartition } from '../broker.ts'
import { FatalBrokerError } from '../errors.ts'
import type { Topics } from './topics.ts'

const DEFAULT_MAX_BYTES = 16 << 20
const DEFAULT_PARTITION_MAX_BYTES = 1 << 20

/** A fetch with nothing to bring waits on the partitions' logs: it costs nothing until one of them grows. */
export class EmbeddedFetcher implements Fetcher {
  readonly #topics: Topics
  readonly #timers: Timers
  readonly #onClose: (fetcher: EmbeddedFetcher) => void
  #endWait: (() => void) | undefined
  #ended: Error | undefined
  /** The first partition of the next answer, so that a full answer does not starve the same ones every time. */
  #turn = 0

  constructor(topics: Topics, timers: Timers, onClose: (fetcher: EmbeddedFetcher) => void) {
    this.#topics = topics
    this.#timers = timers
    this.#onClose = onClose
  }

  async fetch(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    if (this.#endWait !== undefined) throw new FatalBrokerError('A fetcher has one fetch under way at a time.')
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
    this.end(new FatalBrokerError('The fetcher is closed.'))
    this.#onClose(this)
  }

  end(reason: Error): void {
    this.#ended ??= reason
    this.wakeup()
  }

  #collect(partitions: readonly FetchPartition[], options: FetchOptions): FetchedPartition[] {
    const fetched: FetchedPartition[] = []
    let left = options.maxBytes ?? DEFAULT_MAX_BYTES
    const first = this.#turn
    for (let i = 0; i < partitions.length; i++) {
      const asked = partitions[(first + i) % partitions.length]
      if (asked === undefined) continue
      const log = this.#topics.log(asked.topic, asked.partition)
      if (!log.hasBeyond(asked.offset)) continue
      const { batches, nextOffset, sizeInBytes } = log.read(asked.offset, Math.min(asked.maxBytes ?? DEFAULT_PARTITION_MAX_BYTES, left))
      left -= sizeInBytes
      fetched.push({
        topic: asked.topic,
        partition: asked.partition,
        batches,
        nextOffset,
        lastStableOffset: log.endOffset,
        logStartOffset: log.startOffset,
      })
      if (left <= 0) {
        this.#turn = (first + i + 1) % partitions.length
        break
      }
    }
    return fetched
  }

  async #wait(partitions: readonly FetchPartition[], maxWaitMs: number): Promise<void> {
    const ends: (() => void)[] = []
    await new Promise<void>((resolve) => {
      const endWait = (): void => resolve()
      this.#endWait = endWait
      for (const { topic, partition } of partitions) ends.push(this.#topics.log(topic, partition).onPublish(endWait))
      const timer = this.#timers.setTimeout(endWait, maxWaitMs)
      ends.push(() => timer.cancel())
    })
    this.#endWait = undefined
    for (const end of ends) end()
  }

  #checkUp(): void {
    if (this.#ended !== undefined) throw this.#ended
  }
}
