import type { ISocketFactory } from 'kafkajs'
import type { Ports } from '../../ports.ts'
import type { TopicPartition } from '../broker.ts'
import { RetriableBrokerError, UnknownTopicError } from '../errors.ts'
import { check, Code } from './error-codes.ts'
import { Link, type Address, type KafkaRequest } from './link.ts'
import { findCoordinator, metadata, type ClusterMetadata, type CoordinatorKind, type TopicMetadata } from './requests-cluster.ts'

export interface ClusterOptions {
  /** `host:port` of brokers to begin with. */
  readonly addresses: readonly string[]
  readonly clientId: string
  readonly ssl?: unknown
  readonly sasl?: unknown
  readonly socketFactory?: ISocketFactory
  readonly ports: Ports
  /** How long a request is tried again while nobody can answer it, milliseconds. */
  readonly patienceMs: number
}

const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 500
/** After the end of a transaction its coordinator is busy with the markers for some milliseconds. */
export const TRANSACTION_PAUSE_MS = 20

/**
 * The brokers, who leads which partition, who coordinates what, and connections to all of them. A connection has one request under
 * way at a time: Kafka answers in order, and one that waits (a long poll, a join) must not hold up another.
 */
export class KafkaCluster {
  readonly ports: Ports
  readonly #options: ClusterOptions
  readonly #seeds: readonly Address[]
  readonly #idle = new Map<string, Link[]>()
  readonly #links = new Set<Link>()
  readonly #leaders = new Map<string, number>()
  readonly #coordinators = new Map<string, number>()
  #nodes = new Map<number, Address>()
  #controller = -1
  #nextSeed = 0
  #isClosed = false

  constructor(options: ClusterOptions) {
    this.#options = options
    this.ports = options.ports
    this.#seeds = options.addresses.map(addressOf)
  }

  /** Asks any broker. */
  async metadata(names?: readonly string[]): Promise<ClusterMetadata> {
    const answer = await this.retrying(() => this.#onLink(this.#anyAddress(), metadata(names), 0))
    this.#nodes = new Map(answer.nodes.map(({ id, host, port }) => [id, { host, port }]))
    this.#controller = answer.controller
    for (const topic of answer.topics) this.#learn(topic)
    return answer
  }

  /** Node of the partition's leader. Throws `UnknownTopicError`; `RetriableBrokerError` while it has none. */
  async leaderOf({ topic, partition }: TopicPartition): Promise<number> {
    const known = this.#leaders.get(`${topic}/${partition}`)
    if (known !== undefined) return known
    const [found] = (await this.metadata([topic])).topics
    const error = found?.error ?? Code.unknownTopic
    const at = found?.partitions.find(({ index }) => index === partition)
    if (error === Code.unknownTopic || error === Code.unknownTopicId || (error === Code.none && at === undefined))
      throw new UnknownTopicError(`There is no partition ${partition} of a topic ${topic}.`)
    check(error, `the leaders of ${topic}`)
    if (at === undefined || at.leader < 0) throw new RetriableBrokerError(`Partition ${partition} of ${topic} has no leader at the moment.`)
    return at.leader
  }

  /** The partition is led by somebody else now. */
  forgetLeader({ topic, partition }: TopicPartition): void {
    this.#leaders.delete(`${topic}/${partition}`)
  }

  async controller(): Promise<number> {
    if (this.#controller < 0) await this.metadata([])
    return this.#controller
  }

  /** Asks whoever coordinates that group or transactional id; again, elsewhere, when it has moved. `read` throws what the answer says. */
  atCoordinator<T>(kind: CoordinatorKind, key: string, request: KafkaRequest<T>, patienceMs = 0): Promise<T> {
    const attempt = async (): Promise<T> => {
      const node = await this.coordinatorOf(kind, key)
      try {
        return await this.request(node, request, patienceMs)
      } catch (error) {
        if (error instanceof RetriableBrokerError) this.forgetCoordinator(kind, key)
        throw error
      }
    }
    return this.retrying(attempt, this.#options.patienceMs, kind === 'transaction' ? TRANSACTION_PAUSE_MS : LONGEST_PAUSE_MS)
  }

  async coordinatorOf(kind: CoordinatorKind, key: string): Promise<number> {
    const known = this.#coordinators.get(`${kind}/${key}`)
    if (known !== undefined) return known
    const { error, id, host, port } = await this.#onLink(this.#anyAddress(), findCoordinator(kind, key), 0)
    check(error, `who coordinates ${key}`)
    this.#nodes.set(id, { host, port })
    this.#coordinators.set(`${kind}/${key}`, id)
    return id
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind}/${key}`)
  }

  /** `patienceMs`: how long the broker may take by itself before it answers. */
  request<T>(node: number, request: KafkaRequest<T>, patienceMs = 0): Promise<T> {
    const address = this.#nodes.get(node)
    if (address === undefined) throw new RetriableBrokerError(`Broker ${node} is not known.`)
    return this.#onLink(address, request, patienceMs)
  }

  /** A connection for one alone, who sends several requests before the first is answered, and closes it. */
  async openLink(node: number): Promise<Link> {
    const address = this.#nodes.get(node)
    if (address === undefined) throw new RetriableBrokerError(`Broker ${node} is not known.`)
    return this.#open(address)
  }

  release(link: Link): void {
    this.#links.delete(link)
    link.close()
  }

  /** Again and again, with longer and longer pauses, while the answer is "not now", for as long as the patience lasts. */
  async retrying<T>(attempt: () => Promise<T>, patienceMs = this.#options.patienceMs, longestPauseMs = LONGEST_PAUSE_MS): Promise<T> {
    const { clock, timers } = this.ports
    const end = clock.monotonic() + patienceMs
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof RetriableBrokerError) || this.#isClosed || clock.monotonic() + pause > end) throw error
        await timers.sleep(pause)
      }
    }
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  close(): void {
    this.#isClosed = true
    for (const link of this.#links) link.close()
    this.#links.clear()
    this.#idle.clear()
  }

  async #onLink<T>(address: Address, request: KafkaRequest<T>, patienceMs: number): Promise<T> {
    const name = `${address.host}:${address.port}`
    const idle = this.#idle.get(name) ?? []
    this.#idle.set(name, idle)
    let link = idle.pop()
    while (link !== undefined && !link.isUsable) {
      this.release(link)
      link = idle.pop()
    }
    link ??= await this.#open(address)
    try {
      return await link.request(request, patienceMs)
    } finally {
      if (link.isUsable && !this.#isClosed) idle.push(link)
      else this.release(link)
    }
  }

  async #open(address: Address): Promise<Link> {
    if (this.#isClosed) throw new RetriableBrokerError('The connection to Kafka was closed.')
    const { ports, ...options } = this.#options
    const link = await Link.open(address, { ...options, logger: ports.logger })
    this.#links.add(link)
    return link
  }

  /** One after the other, those named in the beginning and those learned of. */
  #anyAddress(): Address {
    const all = [...this.#nodes.values(), ...this.#seeds]
    const address = all[this.#nextSeed++ % all.length]
    if (address === undefined) throw new RetriableBrokerError('No broker was named.')
    return address
  }

  #learn({ error, name, partitions }: TopicMetadata): void {
    if (error !== Code.none) return
    for (const { index, leader } of partitions) {
      if (leader < 0) this.#leaders.delete(`${name}/${index}`)
      else this.#leaders.set(`${name}/${index}`, leader)
    }
  }
}

function addressOf(text: string): Address {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) }
}
