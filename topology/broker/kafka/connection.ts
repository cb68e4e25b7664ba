import type { Socket } from 'node:net'
import type { Ports, TimerHandle } from '../../ports.ts'
import { BrokerError, FatalBrokerError, RetriableBrokerError } from '../errors.ts'
import { addressName, type Address } from './address.ts'
import { Frames } from './frames.ts'
import { apiVersions, Code, frameOf, Reader, type ApiVersions, type KafkaRequest } from './protocol/index.ts'
import { authenticate } from './sasl.ts'
import type { SaslOptions, TlsOptions } from './security.ts'
import { connectRemotely, connectSocket, type RemoteSocketFactory, type SocketFactory } from './socket.ts'
import { lastingFault } from './lasting-fault.ts'

export interface ConnectionOptions {
  readonly clientId: string
  readonly ssl?: TlsOptions | undefined
  readonly sasl?: SaslOptions
  readonly socketFactory?: SocketFactory
  /** Instead of `socketFactory`: another thread connects and encrypts. */
  readonly remoteSocket?: RemoteSocketFactory
  readonly ports: Ports
}

/** The request was sent, but no response came: it may have had its effect. */
export class NoResponseError extends RetriableBrokerError {}

interface RequestInFlight {
  readonly timeout: TimerHandle
  resolve(response: Buffer): void
  reject(error: unknown): void
}

const HANDSHAKE_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 30_000
/** Far more than any response holds, but less than the size that the first bytes of TLS or HTTP would mean. */
const LARGEST_RESPONSE = 128 << 20
/** The part of a session's lifetime after which a connection is not used for another request (KIP-368). */
const USABLE_PART = 0.8
/** Kafka 4.0 is the first to support all of these: its second transaction protocol (KIP-890). */
const OF_KAFKA_4: readonly (readonly [name: string, apiKey: number, version: number])[] = [
  ['Produce', 0, 12],
  ['EndTxn', 26, 5],
  ['TxnOffsetCommit', 28, 5],
]
const TRANSACTION_VERSION = 2
const CLOSED = 'the broker closed the connection'
const CLOSED_AT_ONCE =
  'the broker closed the connection at once; if it always does, its listener may expect TLS or authentication (ssl, sasl)'

/**
 * One connection to one broker, connected and authenticated. It has one request in flight. A broker that limits sessions
 * (`connections.max.reauth.ms`) closes a connection at the first request after the session's end; so a connection stops being usable before that,
 * and another one is opened and authenticated in its place (DECISIONS 116).
 */
export class Connection {
  /** Of the broker, for messages. */
  readonly name: string
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  /** Known once the broker has been asked. */
  #versions: ApiVersions | undefined
  #inFlight: RequestInFlight | undefined
  #correlationId = 0
  #failure: Error | undefined
  #usableUntil = Infinity
  /** The broker has responded to a request other than those that every listener accepts. */
  #isProven = false

  private constructor(name: string, socket: Socket, options: ConnectionOptions) {
    this.name = name
    this.#socket = socket
    this.#options = options
    const frames = new Frames(LARGEST_RESPONSE, (frame) => this.#receive(frame))
    socket.on('data', (chunk) => {
      try {
        frames.push(chunk)
      } catch (error) {
        this.#fail(error)
      }
    })
    socket.on('error', (error) => this.#fail(error))
    const onClosed = (): void => this.#fail(new Error(this.#isProven ? CLOSED : CLOSED_AT_ONCE))
    socket.on('end', onClosed)
    socket.on('close', onClosed)
    if (socket.destroyed) this.#fail(new Error(CLOSED))
  }

  /**
   * Throws `RetriableBrokerError` when the broker is unreachable, and `FatalBrokerError` when another attempt would end in the same way: it rejects
   * the credentials, its certificate is not trusted, or it is too old.
   */
  static async open(address: Address, options: ConnectionOptions): Promise<Connection> {
    const name = addressName(address)
    const { ports, remoteSocket, sasl, socketFactory, ssl } = options
    let connection: Connection | undefined
    try {
      const socket =
        remoteSocket === undefined
          ? await connectSocket(address, ssl, ports.timers, socketFactory)
          : await connectRemotely(address, ssl, ports.timers, remoteSocket)
      connection = new Connection(name, socket, options)
      connection.#versions = await connection.#supported()
      if (sasl === undefined) return connection
      const lifetimeMs = await authenticate(connection, sasl, ports)
      if (lifetimeMs > 0) connection.#usableUntil = ports.clock.monotonic() + USABLE_PART * lifetimeMs
      return connection
    } catch (error) {
      connection?.close()
      const cause = error instanceof NoResponseError ? error.cause : error
      if (cause instanceof BrokerError) throw cause
      const fault = lastingFault(cause, ssl !== undefined)
      if (fault !== undefined) throw new FatalBrokerError(`Kafka broker ${name} cannot be used: ${fault}`, { cause })
      throw new RetriableBrokerError(`Kafka broker ${name} is unreachable: ${textOf(cause)}`, { cause })
    }
  }

  /** Whether another request can be sent: the connection is open, and its session lasts. */
  get isUsable(): boolean {
    return this.#failure === undefined && this.#options.ports.clock.monotonic() < this.#usableUntil
  }

  /**
   * `serverWaitMs`: how long the broker may hold back its response, beyond the request's own time-out. Throws `NoResponseError`, and
   * `FatalBrokerError` when the broker does not support the request.
   */
  async request<T>(request: KafkaRequest<T>, serverWaitMs = 0): Promise<T> {
    this.#checkSupported(request)
    const reader = new Reader(await this.#send(request, serverWaitMs))
    if (reader.int32() !== this.#correlationId) {
      this.#fail(new Error(`the response to ${request.name} belongs to another request`))
      throw this.#noResponse(request)
    }
    this.#isProven = this.#versions !== undefined
    if (request.flexible && request.hasPlainResponse !== true) reader.skipTags()
    return request.read(reader)
  }

  /** For how long another request can be sent before the broker wants the client to authenticate again (KIP-368), milliseconds. */
  get usableForMs(): number {
    return this.#usableUntil - this.#options.ports.clock.monotonic()
  }

  /** Does not wait for the response: a request in flight rejects. */
  close(): void {
    this.#fail(new Error('the connection was closed'))
  }

  async #supported(): Promise<ApiVersions> {
    const versions = await this.request(apiVersions())
    const upgrade = 'upgrade the cluster to Kafka 4.0 or newer.'
    if (versions.error === Code.unsupportedVersion) throw new FatalBrokerError(`Kafka broker ${this.name} is older than 2.4: ${upgrade}`)
    if (versions.error !== Code.none)
      throw new RetriableBrokerError(`ApiVersions of Kafka broker ${this.name} failed: code ${versions.error}; retry.`)
    for (const [api, apiKey, needed] of OF_KAFKA_4) {
      const [, newest = -1] = versions.ranges.get(apiKey) ?? []
      if (newest < needed)
        throw new FatalBrokerError(
          `Kafka broker ${this.name} is older than 4.0 (it supports ${api} up to version ${newest}, ${needed} is needed): ${upgrade}`,
        )
    }
    const { features } = versions
    const level = features.get('transaction.version') ?? 0
    if (features.has('metadata.version') && level < TRANSACTION_VERSION)
      throw new FatalBrokerError(
        `The cluster of Kafka broker ${this.name} has transaction.version ${level}, and ${TRANSACTION_VERSION} is needed: run ` +
          `kafka-features.sh upgrade --feature transaction.version=${TRANSACTION_VERSION}.`,
      )
    return versions
  }

  #checkSupported({ apiKey, apiVersion, name }: KafkaRequest<unknown>): void {
    if (this.#versions === undefined) return
    const range = this.#versions.ranges.get(apiKey)
    if (range !== undefined && range[0] <= apiVersion && apiVersion <= range[1]) return
    const supported = range === undefined ? 'in no version' : `in versions ${range[0]} to ${range[1]}`
    throw new FatalBrokerError(
      `Kafka broker ${this.name} supports ${name} ${supported}, and version ${apiVersion} is needed: use a version of Kafka that this client knows.`,
    )
  }

  #send<T>(request: KafkaRequest<T>, serverWaitMs: number): Promise<Buffer> {
    if (this.#failure !== undefined) throw this.#noResponse(request)
    if (this.#inFlight !== undefined) throw new Error(`${request.name} was sent while another request is in flight to ${this.name}`)
    const timeoutMs = serverWaitMs + (request.timeoutMs ?? (this.#versions === undefined ? HANDSHAKE_TIMEOUT_MS : REQUEST_TIMEOUT_MS))
    const { timers } = this.#options.ports
    return new Promise((resolve, reject) => {
      this.#inFlight = {
        timeout: timers.setTimeout(() => this.#fail(new Error(`no response within ${timeoutMs} ms`)), timeoutMs),
        resolve,
        reject: () => reject(this.#noResponse(request)),
      }
      this.#correlationId = (this.#correlationId + 1) | 0
      this.#socket.write(frameOf(request, this.#options.clientId, this.#correlationId))
    })
  }

  #receive(frame: Buffer): void {
    const request = this.#inFlight
    if (request === undefined) return this.#fail(new Error('the broker sent a response to no request'))
    this.#inFlight = undefined
    request.timeout.cancel()
    request.resolve(frame)
  }

  /** The first failure counts; the connection is of no use after it. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error instanceof Error ? error : new Error(String(error))
    this.#socket.destroy()
    const request = this.#inFlight
    this.#inFlight = undefined
    request?.timeout.cancel()
    request?.reject(error)
  }

  #noResponse({ name }: KafkaRequest<unknown>): NoResponseError {
    return new NoResponseError(`Kafka broker ${this.name} did not respond to ${name}: ${textOf(this.#failure)}`, { cause: this.#failure })
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Node's error for a host of several addresses has no text of its own.
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ')
  return error.message
}
