import type { FetchedPartition, Fetcher, FetchOptions, FetchPartition } from '../broker.ts'
import { RetriableBrokerError, UnknownTopicError } from '../errors.ts'
import type { KafkaCluster } from './cluster.ts'
import { committedBatches } from './committed-batches.ts'
import { brokerError, check, Code } from './error-codes.ts'
import { fetchRecords, type PartitionAnswer } from './requests-fetch.ts'

/** A request waits no longer than this at the broker, so that one that nobody waits for any more is soon over. */
const LONGEST_POLL_MS = 500
const MAX_BYTES = 8 << 20
const MAX_PARTITION_BYTES = 1 << 20
const PAUSE_MS = 50

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
    const { clock } = this.#cluster.ports
    const end = clock.monotonic() + options.maxWaitMs
    let isAwake = false
    const woken = new Promise<[]>((resolve) => {
      this.#wakeUp = () => {
        isAwake = true
        resolve([])
      }
    })
    for (;;) {
      const left = Math.max(0, end - clock.monotonic())
      const fetched = await this.#pollOnce(partitions, { ...options, maxWaitMs: Math.min(left, LONGEST_POLL_MS) }, woken)
      if (isAwake || this.#isClosed) return fetched ?? []
      if (fetched === undefined) await Promise.race([this.#cluster.ports.timers.sleep(PAUSE_MS), woken])
      else if (fetched.length > 0 || clock.monotonic() >= end) return fetched
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

  /** Undefined: a broker cannot be reached, or leads no more, which is no error of a fetch; it goes on as soon as somebody answers. */
  async #pollOnce(
    partitions: readonly FetchPartition[],
    options: FetchOptions,
    woken: Promise<[]>,
  ): Promise<readonly FetchedPartition[] | undefined> {
    try {
      const polls = await this.#polling(partitions, options)
      if (polls.length > 0) return await Promise.race([this.#first(polls), woken])
      return await Promise.race([this.#cluster.ports.timers.sleep(options.maxWaitMs).then(() => []), woken])
    } catch (error) {
      if (!(error instanceof RetriableBrokerError) || this.#cluster.isClosed) throw error
      this.#cluster.ports.logger.debug('a fetch has to be asked again', { error: error.message })
      return undefined
    }
  }

  /** The first answer that is not empty; an empty one when all are; an error as soon as there is one. */
  #first(polls: readonly (readonly [number, Poll])[]): Promise<readonly FetchedPartition[]> {
    return new Promise((resolve, reject) => {
      let left = polls.length
      for (const [node, poll] of polls) {
        poll.answer.then((fetched) => {
          left--
          if (fetched.length === 0 && left > 0) return
          this.#forget(node, poll)
          resolve(fetched)
        }, reject)
      }
    })
  }

  #forget(node: number, poll: Poll): void {
    if (this.#polls.get(node) === poll) this.#polls.delete(node)
  }

  /** A poll under way is gone on with when it asks for the same. */
  async #polling(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly (readonly [number, Poll])[]> {
    const byLeader = new Map<number, FetchPartition[]>()
    for (const partition of partitions) {
      const leader = await this.#cluster.leaderOf(partition)
      const of = byLeader.get(leader)
      if (of === undefined) byLeader.set(leader, [partition])
      else of.push(partition)
    }
    return [...byLeader].map(([node, of]) => {
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
      const wrong = brokerError(error, `a fetch of ${topic}-${partition} from ${from}`)
      if (wrong instanceof UnknownTopicError) throw new RetriableBrokerError(wrong.message, { cause: wrong }) // who leads it now will know
      throw wrong
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
