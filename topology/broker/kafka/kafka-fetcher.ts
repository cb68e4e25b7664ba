import type { FetchedPartition, Fetcher, FetchOptions, FetchPartition } from '../broker.ts'
import { RetriableBrokerError, UnknownTopicError } from '../errors.ts'
import { partitionName } from '../topic-partition.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import { committedBatches } from './committed-batches.ts'
import { Code, check, fetchRecords, leaderError, type IdentifiedPartition, type PartitionResponse } from './protocol/index.ts'

/** The longest wait of one request at the broker, so that an abandoned request ends soon. */
const LONGEST_POLL_MS = 500
const MAX_BYTES = 8 << 20
/** A broker cuts a response off in the middle of a batch, which is then fetched again: several batches should fit (DECISIONS 92). */
const MAX_PARTITION_BYTES = 2 << 20
/** How long after `maxWaitMs` a failing fetch is still retried: leaders move, brokers restart. */
const RETRY_TIMEOUT_MS = 10_000
const FIRST_PAUSE_MS = 20
const NO_TOPIC_ID = '0'.repeat(32)
const LONGEST_PAUSE_MS = 500

/** A fetch request in flight to one broker. */
interface Poll {
  readonly partitions: readonly IdentifiedPartition[]
  readonly response: Promise<readonly FetchedPartition[]>
}

/** Polls all leaders in parallel and resolves with the first response; the other polls stay in flight for the next call. */
export class KafkaFetcher implements Fetcher {
  readonly #cluster: KafkaCluster
  readonly #polls = new Map<number, Poll>()
  #wakeUp: () => void = () => undefined
  #isClosed = false
  /** Rotates the order of partitions, because a broker fills its response from the first one on. */
  #rotation = 0

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  async fetch(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    const { clock, logger, timers } = this.#cluster.ports
    const end = clock.monotonic() + options.maxWaitMs
    let isWoken = false
    const woken = new Promise<[]>((resolve) => {
      this.#wakeUp = () => {
        isWoken = true
        resolve([])
      }
    })
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const left = Math.max(0, end - clock.monotonic())
      try {
        const fetched = await Promise.race([this.#poll(partitions, { ...options, maxWaitMs: Math.min(left, LONGEST_POLL_MS) }), woken])
        if (fetched.length > 0 || isWoken || this.#isClosed || clock.monotonic() >= end) return fetched
        pause = FIRST_PAUSE_MS
      } catch (error) {
        if (!(error instanceof RetriableBrokerError) || this.#cluster.isClosed || clock.monotonic() >= end + RETRY_TIMEOUT_MS) throw error
        logger.debug('retrying a fetch', { error: error.message })
        await Promise.race([timers.sleep(pause), woken])
        if (isWoken || this.#isClosed) return []
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

  /** The first response, even an empty one, so that a slow or dead broker does not delay the others. */
  #first(polls: readonly (readonly [number, Poll])[]): Promise<readonly FetchedPartition[]> {
    return new Promise((resolve, reject) => {
      let left = polls.length
      let isResolved = false
      for (const [node, poll] of polls) {
        poll.response.then(
          (fetched) => {
            if (isResolved) return
            isResolved = true
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

  /** Keeps a poll in flight if it asks for the same, else starts another. */
  async #polling(partitions: readonly FetchPartition[], options: FetchOptions): Promise<readonly (readonly [number, Poll])[]> {
    return [...(await this.#byLeader(partitions))].map(([node, partitionsOfLeader]) => {
      const inFlight = this.#polls.get(node)
      if (inFlight !== undefined && isSame(inFlight.partitions, partitionsOfLeader)) return [node, inFlight]
      const poll: Poll = { partitions: partitionsOfLeader, response: this.#request(node, partitionsOfLeader, options) }
      poll.response.then(
        (fetched) => fetched.length === 0 && this.#forget(node, poll),
        () => this.#forget(node, poll),
      )
      this.#polls.set(node, poll)
      return [node, poll]
    })
  }

  /** Skips partitions without a leader, so that they do not delay the others. Throws only when no partition has one. */
  async #byLeader(partitions: readonly FetchPartition[]): Promise<ReadonlyMap<number, readonly IdentifiedPartition[]>> {
    const byLeader = new Map<number, IdentifiedPartition[]>()
    let leaderless: RetriableBrokerError | undefined
    for (const partition of partitions) {
      try {
        const leader = await this.#cluster.leaderOf(partition)
        const partitionsOfLeader = byLeader.get(leader)
        const identified = this.#identified(partition)
        if (partitionsOfLeader === undefined) byLeader.set(leader, [identified])
        else partitionsOfLeader.push(identified)
      } catch (error) {
        if (!(error instanceof RetriableBrokerError)) throw error
        leaderless = error
      }
    }
    if (byLeader.size === 0 && leaderless !== undefined) throw leaderless
    return byLeader
  }

  #identified(partition: FetchPartition): IdentifiedPartition {
    const topicId = this.#cluster.topicIdOf(partition.topic) ?? NO_TOPIC_ID
    if (topicId === (partition.topicId ?? topicId)) return { ...partition, topicId }
    this.#cluster.forgetLeader(partition)
    throw new UnknownTopicError(`Topic ${partition.topic} has id ${topicId} instead of ${partition.topicId}: it was created again.`)
  }

  async #request(node: number, partitions: readonly IdentifiedPartition[], options: FetchOptions): Promise<readonly FetchedPartition[]> {
    const first = this.#rotation++ % partitions.length
    const ordered = first === 0 ? partitions : [...partitions.slice(first), ...partitions.slice(0, first)]
    const bounds = { maxWaitMs: options.maxWaitMs, maxBytes: options.maxBytes ?? MAX_BYTES, maxPartitionBytes: MAX_PARTITION_BYTES }
    let response
    try {
      response = await this.#cluster.request(node, fetchRecords(ordered, bounds), bounds.maxWaitMs)
    } catch (error) {
      for (const partition of partitions) this.#cluster.forgetLeader(partition)
      throw error
    }
    check(response.error, 'Fetch')
    const offsets = new Map(partitions.map((partition) => [partitionName(partition), partition.offset]))
    return response.partitions.flatMap((answer) => this.#read(answer, offsets.get(partitionName(answer)) ?? 0))
  }

  #read(
    { topic, partition, error, lastStableOffset, logStartOffset, aborted, records }: PartitionResponse,
    fetchOffset: number,
  ): FetchedPartition[] {
    if (error !== Code.none) {
      this.#cluster.forgetLeader({ topic, partition })
      throw leaderError(error, `Fetch of ${partitionName({ topic, partition })}@${fetchOffset}`, { topic: `READ on topic ${topic}` })
    }
    const { batches, nextOffset } = committedBatches(records, aborted, { topic, partition, offset: fetchOffset })
    return nextOffset === fetchOffset ? [] : [{ topic, partition, batches, nextOffset, lastStableOffset, logStartOffset }]
  }
}

function isSame(some: readonly IdentifiedPartition[], others: readonly IdentifiedPartition[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ topic, topicId, partition, offset, maxBytes }, index) => {
      const other = others[index]
      return (
        other?.topic === topic &&
        other.topicId === topicId &&
        other.partition === partition &&
        other.offset === offset &&
        other.maxBytes === maxBytes
      )
    })
  )
}
