import type { Ports } from '../../ports.ts'
import type { TopicPartition } from '../broker.ts'
import { RetriableBrokerError, UnknownTopicError } from '../errors.ts'
import {
  Code,
  check,
  findCoordinator,
  metadata,
  type ClusterMetadata,
  type CoordinatorKind,
  type TopicMetadata,
  type KafkaRequest,
} from './protocol/index.ts'
import { Connection, NoAnswerError, type Address, type SocketFactory } from './connection.ts'

export interface ClusterOptions {
  /** `host:port` of brokers to begin with. */
  readonly addresses: readonly string[]
  readonly clientId: string
  readonly ssl?: unknown
  readonly sasl?: unknown
  readonly socketFactory?: SocketFactory
  readonly ports: Ports
  /** How long a request is tried again while nobody can answer it, milliseconds. */
  readonly retryTimeoutMs: number
}

interface Coordination {
  /** How long the coordinator may take by itself before it answers. */
  readonly retryTimeoutMs?: number
  readonly longestPauseMs?: number
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
  readonly #idle = new Map<string, Connection[]>()
  readonly #connections = new Set<Connection>()
  readonly #leaders = new Map<string, number>()
  readonly #coordinators = new Map<string, number>()
  /** Who leads a topic's partitions is asked once at a time. */
  readonly #asking = new Map<string, Promise<ClusterMetadata>>()
  /** Brokers that did not answer of late, and how long the next connection to them waits. */
  readonly #silent = new Map<string, { readonly until: number; readonly pauseMs: number }>()
  #nodes = new Map<number, Address>()
  #controller = -1
  #nextSeed = 0
  #isClosed = false

  constructor(options: ClusterOptions) {
    this.#options = options
    this.ports = options.ports
    this.#seeds = options.addresses.map(addressOf)
  }

  /** How long a request is tried again while nobody can answer it. */
  get retryTimeoutMs(): number {
    return this.#options.retryTimeoutMs
  }

  /** Asks any broker. */
  async metadata(names?: readonly string[], retryTimeoutMs?: number): Promise<ClusterMetadata> {
    const answer = await this.retrying(() => this.#onConnection(this.#anyAddress(), metadata(names), 0), retryTimeoutMs)
    this.#nodes = new Map(answer.nodes.map(({ id, host, port }) => [id, { host, port }]))
    this.#controller = answer.controller
    for (const topic of answer.topics) this.#learn(topic)
    return answer
  }

  /** What each broker says, of those that answer: a change has come through when all know of it. */
  async metadataOfAll(names: readonly string[]): Promise<readonly ClusterMetadata[]> {
    const { nodes } = await this.metadata([])
    const answers = await Promise.allSettled(nodes.map(({ id }) => this.request(id, metadata(names))))
    const heard = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    if (heard.length === 0) throw new RetriableBrokerError('No broker answers.')
    return heard
  }

  /** Node of the partition's leader. Throws `UnknownTopicError`; `RetriableBrokerError` while it has none, or nobody says, and is not patient. */
  async leaderOf({ topic, partition }: TopicPartition): Promise<number> {
    const known = this.#leaders.get(`${topic}/${partition}`)
    if (known !== undefined) return known
    const [found] = (await this.#leadersOf(topic)).topics
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
  atCoordinator<T>(
    kind: CoordinatorKind,
    key: string,
    request: KafkaRequest<T>,
    { retryTimeoutMs = 0, longestPauseMs = LONGEST_PAUSE_MS }: Coordination = {},
  ): Promise<T> {
    const attempt = async (): Promise<T> => {
      const node = await this.coordinatorOf(kind, key)
      try {
        return await this.request(node, request, retryTimeoutMs)
      } catch (error) {
        if (error instanceof RetriableBrokerError) this.forgetCoordinator(kind, key)
        throw error
      }
    }
    return this.retrying(attempt, this.#options.retryTimeoutMs, longestPauseMs)
  }

  async coordinatorOf(kind: CoordinatorKind, key: string): Promise<number> {
    const known = this.#coordinators.get(`${kind}/${key}`)
    if (known !== undefined) return known
    const { error, id, host, port } = await this.#onConnection(this.#anyAddress(), findCoordinator(kind, key), 0)
    check(error, `who coordinates ${key}`)
    this.#nodes.set(id, { host, port })
    this.#coordinators.set(`${kind}/${key}`, id)
    return id
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind}/${key}`)
  }

  /** `retryTimeoutMs`: how long the broker may take by itself before it answers. */
  async request<T>(node: number, request: KafkaRequest<T>, retryTimeoutMs = 0): Promise<T> {
    const address = this.#nodes.get(node)
    if (address === undefined) throw new RetriableBrokerError(`Broker ${node} is not known.`)
    return this.#onConnection(address, request, retryTimeoutMs)
  }

  /** A connection for one alone, who sends several requests before the first is answered, and closes it. */
  async openConnection(node: number): Promise<Connection> {
    const address = this.#nodes.get(node)
    if (address === undefined) throw new RetriableBrokerError(`Broker ${node} is not known.`)
    return this.#open(address)
  }

  release(connection: Connection): void {
    this.#connections.delete(connection)
    connection.close()
  }

  /** Again and again, with longer and longer pauses, while the answer is "not now", for as long as the patience lasts. */
  async retrying<T>(
    attempt: () => Promise<T>,
    retryTimeoutMs = this.#options.retryTimeoutMs,
    longestPauseMs = LONGEST_PAUSE_MS,
  ): Promise<T> {
    const { clock, logger, timers } = this.ports
    const end = clock.monotonic() + retryTimeoutMs
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        return await attempt()
      } catch (error) {
        if (!(error instanceof RetriableBrokerError) || this.#isClosed || clock.monotonic() + pause > end) throw error
        logger.debug('Kafka is asked again', { pauseMs: pause, error: error.message })
        await timers.sleep(pause)
      }
    }
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#connections) connection.close()
    this.#connections.clear()
    this.#idle.clear()
  }

  async #onConnection<T>(address: Address, request: KafkaRequest<T>, retryTimeoutMs: number): Promise<T> {
    const name = nameOf(address)
    const idle = this.#idle.get(name) ?? []
    this.#idle.set(name, idle)
    let connection = idle.pop()
    while (connection !== undefined && !connection.isUsable) {
      this.release(connection)
      connection = idle.pop()
    }
    connection ??= await this.#open(address)
    try {
      const answer = await connection.request(request, retryTimeoutMs)
      this.#spoke(name)
      return answer
    } catch (error) {
      if (error instanceof NoAnswerError) this.#fellSilent(name, error)
      throw error
    } finally {
      if (connection.isUsable && !this.#isClosed) idle.push(connection)
      else this.release(connection)
    }
  }

  async #open(address: Address): Promise<Connection> {
    if (this.#isClosed) throw new RetriableBrokerError('The connection to Kafka was closed.')
    const { ports, ...options } = this.#options
    const broker = nameOf(address)
    const silent = this.#silent.get(broker)
    if (silent !== undefined && ports.clock.monotonic() < silent.until)
      throw new RetriableBrokerError(`${broker} could not be reached just now.`)
    try {
      const connection = await Connection.open(address, { ...options, logger: ports.logger })
      this.#connections.add(connection)
      return connection
    } catch (error) {
      if (error instanceof RetriableBrokerError) this.#fellSilent(broker, error)
      throw error
    }
  }

  /** The first time it is said, and each time the next connection waits longer. */
  #fellSilent(broker: string, error: RetriableBrokerError): void {
    const { clock, logger } = this.ports
    const silent = this.#silent.get(broker)
    if (silent === undefined && !this.#isClosed) logger.warn('a broker of Kafka cannot be reached', { broker, error: error.message })
    const pauseMs = Math.min(2 * (silent?.pauseMs ?? FIRST_PAUSE_MS), LONGEST_PAUSE_MS)
    this.#silent.set(broker, { until: clock.monotonic() + pauseMs, pauseMs })
  }

  #spoke(broker: string): void {
    if (this.#silent.delete(broker)) this.ports.logger.info('a broker of Kafka can be reached again', { broker })
  }

  #leadersOf(topic: string): Promise<ClusterMetadata> {
    const asked = this.#asking.get(topic) ?? this.metadata([topic], 0).finally(() => this.#asking.delete(topic))
    this.#asking.set(topic, asked)
    return asked
  }

  /** One after the other, those named in the beginning and those learned of; rather one that could be reached of late. */
  #anyAddress(): Address {
    const all = [...this.#nodes.values(), ...this.#seeds]
    const reachable = all.filter((address) => !this.#silent.has(nameOf(address)))
    const from = reachable.length > 0 ? reachable : all
    const address = from[this.#nextSeed++ % from.length]
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

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`
}

function addressOf(text: string): Address {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) }
}
