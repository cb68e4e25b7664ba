import type { FetchedPartition, Fetcher, FetchOptions, FetchPartition } from '../broker.ts'
import { RetriableBrokerError } from '../errors.ts'
import type { KafkaCluster } from './cluster.ts'
import { committedBatches } from './committed-batches.ts'
import { Code, check, fetchRecords, leaderError, type PartitionAnswer } from './protocol/index.ts'

/** A request waits no longer than this at the broker, so that one that nobody waits for any more is soon over. */
const LONGEST_POLL_MS = 500
const MAX_BYTES = 8 << 20
/** A broker cuts its answer off at this, and what it cut off is asked for again: of large batches there should fit several. */
const MAX_PARTITION_BYTES = 2 << 20
/** Beyond the wait, for an answer to say that there is nothing: leaders move, brokers are started again. */
const UNANSWERED_MS = 10_000
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 500

/** What is asked of one broker, and its answer on the way. */
interface Poll {
  readonly partitions: readonly FetchPartition[]
  readonly answer: Promise<readonly FetchedPartition[]>
}

/** Polls the leaders side by side and answers with what the first of them brings; the others' answers are kept for the next call. */
export class KafkaFetcher implements Fetcher {
  readonly #cluster: KafkaCluster
  readonly #polls = new Map<number, Poll>()
  #wakeUp: () => void = () => undefined
  #isClosed = false
  /** Which partition is asked for first: a broker fills its answer from the front. */
  #turn = 0

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  async fetch(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    const { clock, logger, timers } = this.#cluster.ports
    const end = clock.monotonic() + options.maxWaitMs
    let isAwake = false
    const woken = new Promise<[]>((resolve) => {
      this.#wakeUp = () => {
        isAwake = true
        resolve([])
      }
    })
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const left = Math.max(0, end - clock.monotonic())
      try {
        const fetched = await Promise.race([this.#poll(partitions, { ...options, maxWaitMs: Math.min(left, LONGEST_POLL_MS) }), woken])
        if (fetched.length > 0 || isAwake || this.#isClosed || clock.monotonic() >= end) return fetched
        pause = FIRST_PAUSE_MS
      } catch (error) {
        if (!(error instanceof RetriableBrokerError) || this.#cluster.isClosed || clock.monotonic() >= end + UNANSWERED_MS) throw error
        logger.debug('a fetch has to be asked again', { error: error.message })
        await Promise.race([timers.sleep(pause), woken])
        if (isAwake || this.#isClosed) return []
      }
    }
  }

  wakeup(): void {
    this.#wakeUp()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#wakeUp()
    this.#polls.clear()
  }

  async #poll(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    const polls = await this.#polling(partitions, options)
    if (polls.length > 0) return this.#first(polls)
    await this.#cluster.ports.timers.sleep(options.maxWaitMs)
    return []
  }

  /** The first answer there is, an empty one too: a broker that is slow to answer, or does not, holds up none of the others. */
  #first(polls: readonly (readonly [number, Poll])[]): Promise<readonly FetchedPartition[]> {
    return new Promise((resolve, reject) => {
      let left = polls.length
      let isOver = false
      for (const [node, poll] of polls) {
        poll.answer.then(
          (fetched) => {
            if (isOver) return
            isOver = true
            this.#forget(node, poll)
            resolve(fetched)
          },
          (error: unknown) => {
            left--
            if (left === 0 || !(error instanceof RetriableBrokerError)) reject(error instanceof Error ? error : new Error(String(error)))
          },
        )
      }
    })
  }

  #forget(node: number, poll: Poll): void {
    if (this.#polls.get(node) === poll) this.#polls.delete(node)
  }

  /** A poll under way is gone on with when it asks for the same. */
  async #polling(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly (readonly [number, Poll])[]> {
    return [...(await this.#byLeader(partitions))].map(([node, of]) => {
      const under = this.#polls.get(node)
      if (under !== undefined && isSame(under.partitions, of)) return [node, under]
      const poll: Poll = { partitions: of, answer: this.#ask(node, of, options) }
      poll.answer.then(
        (fetched) => fetched.length === 0 && this.#forget(node, poll),
        () => this.#forget(node, poll),
      )
      this.#polls.set(node, poll)
      return [node, poll]
    })
  }

  /** Partitions without a leader wait for one, and hold up none of the others. */
  async #byLeader(partitions: readonly FetchPartition[]): Promise<ReadonlyMap<number, readonly FetchPartition[]>> {
    const byLeader = new Map<number, FetchPartition[]>()
    let leaderless: RetriableBrokerError | undefined
    for (const partition of partitions) {
      try {
        const leader = await this.#cluster.leaderOf(partition)
        const of = byLeader.get(leader)
        if (of === undefined) byLeader.set(leader, [partition])
        else of.push(partition)
      } catch (error) {
        if (!(error instanceof RetriableBrokerError)) throw error
        leaderless = error
      }
    }
    if (byLeader.size === 0 && leaderless !== undefined) throw leaderless
    return byLeader
  }

  async #ask(node: number, partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    const first = this.#turn++ % partitions.length
    const ordered = first === 0 ? partitions : [...partitions.slice(first), ...partitions.slice(0, first)]
    const bounds = { maxWaitMs: options.maxWaitMs, maxBytes: options.maxBytes ?? MAX_BYTES, maxPartitionBytes: MAX_PARTITION_BYTES }
    let answer
    try {
      answer = await this.#cluster.request(node, fetchRecords(ordered, bounds), bounds.maxWaitMs)
    } catch (error) {
      for (const partition of partitions) this.#cluster.forgetLeader(partition)
      throw error
    }
    check(answer.error, 'a fetch')
    const asked = new Map(partitions.map((partition) => [`${partition.topic}/${partition.partition}`, partition.offset]))
    return answer.partitions.flatMap((one) => this.#read(one, asked.get(`${one.topic}/${one.partition}`) ?? 0))
  }

  #read(
    { topic, partition, error, lastStableOffset, logStartOffset, aborted, records }: PartitionAnswer,
    from: number,
  ): FetchedPartition[] {
    if (error !== Code.none) {
      this.#cluster.forgetLeader({ topic, partition })
      throw leaderError(error, `a fetch of ${topic}-${partition} from ${from}`)
    }
    const { batches, nextOffset } = committedBatches(records, aborted, from)
    return nextOffset === from ? [] : [{ topic, partition, batches, nextOffset, lastStableOffset, logStartOffset }]
  }
}

function isSame(some: readonly FetchPartition[], others: readonly FetchPartition[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ topic, partition, offset, maxBytes }, index) => {
      const other = others[index]
      return other?.topic === topic && other.partition === partition && other.offset === offset && other.maxBytes === maxBytes
    })
  )
}
