import type { Ports } from '../../ports.ts'
import type { TopicPartition } from '../broker.ts'
import { FatalBrokerError, RetriableBrokerError, UnknownTopicError } from '../errors.ts'
import { partitionName } from '../topic-partition.ts'
import {
  Code,
  check,
  findCoordinator,
  idRights,
  metadata,
  type ClusterMetadata,
  type CoordinatorKind,
  type TopicMetadata,
  type KafkaRequest,
} from './protocol/index.ts'
import { addressName, parseAddress, type Address } from './address.ts'
import { Connection, NoResponseError } from './connection.ts'
import type { SaslOptions, TlsOptions } from './security.ts'
import type { RemoteSocketFactory, SocketFactory } from './socket.ts'

export interface ClusterOptions {
  /** Bootstrap brokers, `host:port`. */
  readonly addresses: readonly string[]
  readonly clientId: string
  readonly ssl?: TlsOptions | undefined
  readonly sasl?: SaslOptions
  readonly socketFactory?: SocketFactory
  readonly ports: Ports
  /** How long a request is retried while no broker can answer it. Milliseconds. */
  readonly retryTimeoutMs: number
}

interface CoordinatorOptions {
  /** How long the coordinator may hold back its response, as for a join. Milliseconds; default 0. */
  readonly serverWaitMs?: number
  readonly longestPauseMs?: number
}

const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 500
/** A request that is retried for this long is logged, and again whenever that time has doubled. */
const FIRST_WARNING_MS = 5_000
/** Longest pause between retries at a transaction coordinator, which rejects a transaction until the last one's markers are written. */
export const TRANSACTION_PAUSE_MS = 20

/**
 * Knows the brokers, partition leaders and coordinators, and pools connections to them. A pooled connection has one request in flight,
 * because a broker responds in order: a request that waits there (a long poll, a join) would delay those behind it.
 */
export class KafkaCluster {
  readonly ports: Ports
  readonly #options: ClusterOptions
  readonly #seeds: readonly Address[]
  readonly #idle = new Map<string, Connection[]>()
  readonly #connections = new Set<Connection>()
  readonly #leaders = new Map<string, number>()
  readonly #topicIds = new Map<string, string>()
  readonly #coordinators = new Map<string, number>()
  /** The coordinators as they were found last, also those that are asked for again: only to tell a move. */
  readonly #lastCoordinators = new Map<string, number>()
  /** Metadata requests in flight, by topic: callers that need the same topic share one. */
  readonly #metadataInFlight = new Map<string, Promise<ClusterMetadata>>()
  /** Brokers whose last request or connection failed. No connection to one is opened before `retryAt`. */
  readonly #unreachable = new Map<string, { readonly retryAt: number; readonly pauseMs: number; readonly reason: string }>()
  #nodes = new Map<number, Address>()
  #controller = -1
  #nextCandidate = 0
  #isClosed = false

  constructor(options: ClusterOptions) {
    this.#options = options
    this.ports = options.ports
    this.#seeds = options.addresses.map(parseAddress)
    if (this.#seeds.length === 0) throw new FatalBrokerError('No Kafka broker address is configured: name at least one.')
  }

  /** How long a request is retried while no broker can answer it. Milliseconds. */
  get retryTimeoutMs(): number {
    return this.#options.retryTimeoutMs
  }

  /** Asks any broker, and learns brokers, controller and partition leaders from the response. */
  async metadata(names?: readonly string[], retryTimeoutMs?: number): Promise<ClusterMetadata> {
    const response = await this.retrying(() => this.#onConnection(this.#anyAddress(), metadata(names), 0), retryTimeoutMs)
    this.#nodes = new Map(response.nodes.map(({ id, host, port }) => [id, { host, port }]))
    this.#controller = response.controller
    for (const topic of response.topics) this.#learnLeaders(topic)
    return response
  }

  /** The metadata of each broker that responds. A change has propagated once all of them report it. */
  async metadataOfAll(names: readonly string[]): Promise<readonly ClusterMetadata[]> {
    return this.ofAll(metadata(names))
  }

  /**
   * The responses of those brokers that respond. Throws `RetriableBrokerError` when none does, and another error of any broker, because it would not
   * pass.
   */
  async ofAll<T>(request: KafkaRequest<T>): Promise<readonly T[]> {
    const { nodes } = await this.metadata([])
    const responses = await Promise.allSettled(nodes.map(({ id }) => this.request(id, request)))
    const lasting = responses.find((response) => response.status === 'rejected' && !(response.reason instanceof RetriableBrokerError))
    if (lasting?.status === 'rejected') throw lasting.reason
    const received = responses.flatMap((response) => (response.status === 'fulfilled' ? [response.value] : []))
    if (received.length === 0) throw new RetriableBrokerError(`No Kafka broker responds to ${request.name}; retry.`)
    return received
  }

  /**
   * Node id of the partition's leader. Does not retry: throws `UnknownTopicError`, and `RetriableBrokerError` while there is no leader or no
   * broker responds.
   */
  async leaderOf(topicPartition: TopicPartition): Promise<number> {
    const { topic, partition } = topicPartition
    const name = partitionName(topicPartition)
    const known = this.#leaders.get(name)
    if (known !== undefined) return known
    const [described] = (await this.#leadersOf(topic)).topics
    const error = described?.error ?? Code.unknownTopic
    const found = described?.partitions.find(({ index }) => index === partition)
    if (
      error === Code.unknownTopic ||
      error === Code.unknownTopicId ||
      error === Code.invalidTopic ||
      (error === Code.none && found === undefined)
    )
      throw new UnknownTopicError(`Kafka has no partition ${name}: create it.`)
    check(error, `Metadata for topic ${topic}`, { topic: `DESCRIBE on topic ${topic}` })
    if (found === undefined || found.leader < 0) throw new RetriableBrokerError(`Partition ${name} has no leader at the moment; retry.`)
    return found.leader
  }

  /** The topic's id as of the last metadata response that had it, which `leaderOf` asks for. */
  topicIdOf(topic: string): string | undefined {
    return this.#topicIds.get(topic)
  }

  /** Makes the next `leaderOf` ask for the leader, because the known one may have lost the partition. */
  forgetLeader(partition: TopicPartition): void {
    this.#leaders.delete(partitionName(partition))
  }

  /** Sends one request to the controller without retrying, and asks for the controller again after a `RetriableBrokerError`: it may have moved. */
  async atController<T>(request: KafkaRequest<T>): Promise<T> {
    if (this.#controller < 0) await this.metadata([], 0)
    try {
      return await this.request(this.#controller, request)
    } catch (error) {
      if (error instanceof RetriableBrokerError) this.forgetController()
      throw error
    }
  }

  forgetController(): void {
    this.#controller = -1
  }

  /**
   * Sends a request to the coordinator of a group or transactional id, and to the next one when it moved. `request.read` throws the
   * error in the response.
   */
  atCoordinator<T>(
    kind: CoordinatorKind,
    key: string,
    request: KafkaRequest<T>,
    { serverWaitMs = 0, longestPauseMs = LONGEST_PAUSE_MS }: CoordinatorOptions = {},
  ): Promise<T> {
    const attempt = async (): Promise<T> => {
      const node = await this.coordinatorOf(kind, key)
      try {
        return await this.request(node, request, serverWaitMs)
      } catch (error) {
        if (error instanceof RetriableBrokerError) this.forgetCoordinator(kind, key)
        throw error
      }
    }
    return this.retrying(attempt, this.#options.retryTimeoutMs, longestPauseMs)
  }

  async coordinatorOf(kind: CoordinatorKind, key: string): Promise<number> {
    const name = `${kind}/${key}`
    const known = this.#coordinators.get(name)
    if (known !== undefined) return known
    const { error, id, host, port } = await this.#onConnection(this.#anyAddress(), findCoordinator(kind, key), 0)
    check(error, `FindCoordinator for ${kind} ${key}`, {
      group: `READ on group ${key} (to observe it, DESCRIBE)`,
      ...idRights(key),
    })
    this.#nodes.set(id, { host, port })
    this.#coordinators.set(name, id)
    const before = this.#lastCoordinators.get(name)
    this.#lastCoordinators.set(name, id)
    if (before !== undefined && before !== id)
      this.ports.logger.info('Kafka moved a coordinator', { code: 'coordinator-moved', kind, id: key, from: before, to: id })
    return id
  }

  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind}/${key}`)
  }

  /**
   * Opens a connection to the coordinator of a group that is not of the pool: its socket lives in another thread. A client with a `socketFactory`
   * cannot have one.
   */
  async connectToCoordinator(groupId: string, remoteSocket: RemoteSocketFactory): Promise<Connection> {
    const node = await this.coordinatorOf('group', groupId)
    return Connection.open(this.#addressOf(node), { ...this.#options, remoteSocket })
  }

  get clientId(): string {
    return this.#options.clientId
  }

  /** How this client opens its sockets, for another thread that does the same. */
  get socketOptions(): { readonly isAuthenticated: boolean; readonly hasFactory: boolean } {
    const { sasl, socketFactory } = this.#options
    return { isAuthenticated: sasl !== undefined, hasFactory: socketFactory !== undefined }
  }

  /** Sends one request without retrying. `serverWaitMs`: how long the broker may hold back its response. */
  async request<T>(node: number, request: KafkaRequest<T>, serverWaitMs = 0): Promise<T> {
    return this.#onConnection(this.#addressOf(node), request, serverWaitMs)
  }

  /** Repeats the attempt after a `RetriableBrokerError`, with growing pauses, until `retryTimeoutMs` has passed. */
  async retrying<T>(
    attempt: () => Promise<T>,
    retryTimeoutMs = this.#options.retryTimeoutMs,
    longestPauseMs = LONGEST_PAUSE_MS,
  ): Promise<T> {
    const { clock, logger, timers } = this.ports
    const begun = clock.monotonic()
    let warnAt = begun + FIRST_WARNING_MS
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        return await attempt()
      } catch (error) {
        const now = clock.monotonic()
        if (!(error instanceof RetriableBrokerError) || this.#isClosed || now + pause > begun + retryTimeoutMs) throw error
        if (now < warnAt) logger.debug('retrying a Kafka request', { pauseMs: pause, error: error.message })
        else {
          logger.warn('a Kafka request is still retried', { code: 'request-retried', forMs: Math.round(now - begun), error: error.message })
          warnAt = now + (now - begun)
        }
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

  async #onConnection<T>(address: Address, request: KafkaRequest<T>, serverWaitMs: number): Promise<T> {
    const name = addressName(address)
    const idle = this.#idle.get(name) ?? []
    this.#idle.set(name, idle)
    let connection = idle.pop()
    while (connection !== undefined && !connection.isUsable) {
      this.#discard(connection)
      connection = idle.pop()
    }
    connection ??= await this.#open(address)
    try {
      const response = await connection.request(request, serverWaitMs)
      this.#markReachable(name)
      return response
    } catch (error) {
      if (error instanceof NoResponseError) this.#markUnreachable(name, error)
      throw error
    } finally {
      if (connection.isUsable && !this.#isClosed) idle.push(connection)
      else this.#discard(connection)
    }
  }

  #discard(connection: Connection): void {
    this.#connections.delete(connection)
    connection.close()
  }

  async #open(address: Address): Promise<Connection> {
    if (this.#isClosed) throw new RetriableBrokerError('This Kafka client is closed: open another KafkaBroker.')
    const { clock } = this.ports
    const broker = addressName(address)
    const unreachable = this.#unreachable.get(broker)
    if (unreachable !== undefined && clock.monotonic() < unreachable.retryAt)
      throw new RetriableBrokerError(`${unreachable.reason} It is tried again in a moment.`)
    try {
      const connection = await Connection.open(address, this.#options)
      this.#connections.add(connection)
      return connection
    } catch (error) {
      if (error instanceof RetriableBrokerError) this.#markUnreachable(broker, error)
      throw error
    }
  }

  /** Logs the first failure, and doubles the pause before the next connection with each one. */
  #markUnreachable(broker: string, error: RetriableBrokerError): void {
    const { clock, logger } = this.ports
    const before = this.#unreachable.get(broker)
    if (before === undefined && !this.#isClosed) logger.warn('Kafka broker is unreachable', { broker, error: error.message })
    const pauseMs = Math.min(2 * (before?.pauseMs ?? FIRST_PAUSE_MS), LONGEST_PAUSE_MS)
    this.#unreachable.set(broker, { retryAt: clock.monotonic() + pauseMs, pauseMs, reason: error.message.replace(/\.?$/, '.') })
  }

  #markReachable(broker: string): void {
    if (this.#unreachable.delete(broker)) this.ports.logger.info('Kafka broker is reachable again', { broker })
  }

  #addressOf(node: number): Address {
    const address = this.#nodes.get(node)
    if (address === undefined) throw new RetriableBrokerError(`Kafka broker ${node} is not in the cluster metadata; retry.`)
    return address
  }

  #leadersOf(topic: string): Promise<ClusterMetadata> {
    const response = this.#metadataInFlight.get(topic) ?? this.metadata([topic], 0).finally(() => this.#metadataInFlight.delete(topic))
    this.#metadataInFlight.set(topic, response)
    return response
  }

  /** Round robin over known and bootstrap brokers, without the unreachable ones if there are others. */
  #anyAddress(): Address {
    const all = [...this.#nodes.values(), ...this.#seeds]
    const reachable = all.filter((address) => !this.#unreachable.has(addressName(address)))
    const candidates = reachable.length > 0 ? reachable : all
    const address = candidates[this.#nextCandidate++ % candidates.length]
    if (address === undefined) throw new RangeError('there is a bootstrap address')
    return address
  }

  #learnLeaders({ error, name, topicId, partitions }: TopicMetadata): void {
    if (error !== Code.none) return
    this.#topicIds.set(name, topicId)
    for (const { index, leader } of partitions) {
      const partition = partitionName({ topic: name, partition: index })
      if (leader < 0) this.#leaders.delete(partition)
      else this.#leaders.set(partition, leader)
    }
  }
}
