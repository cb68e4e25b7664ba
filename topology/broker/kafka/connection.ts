import KafkajsConnector from 'kafkajs/src/broker/index.js'
import type { ISocketFactory } from 'kafkajs'
import type { RawConnection } from 'kafkajs/src/network/connection.js'
import ConnectionPool from 'kafkajs/src/network/connectionPool.js'
import { createLogger } from 'kafkajs/src/loggers/index.js'
import defaultSocketFactory from 'kafkajs/src/network/socketFactory.js'
import type { Logger } from '../../ports.ts'
import { FatalBrokerError, RetriableBrokerError } from '../errors.ts'
import { Reader, Writer, type KafkaRequest } from './protocol/index.ts'

export type { ISocketFactory as SocketFactory }

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ConnectionOptions {
  readonly clientId: string
  /** Passed to kafkajs as they are. */
  readonly ssl?: unknown
  readonly sasl?: unknown
  readonly socketFactory?: ISocketFactory
  readonly logger: Logger
}

/** The request was sent, but no response came: it may have had its effect. */
export class NoResponseError extends RetriableBrokerError {}

/** For opening the socket, and for each step of the authentication. */
const CONNECT_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 30_000
/** kafkajs's log level for warnings and errors. */
const WARN = 2

/** One connection to one broker, opened and authenticated by kafkajs. Responses come in the order of the requests. */
export class Connection {
  readonly #connection: RawConnection
  #isBroken = false

  private constructor(connection: RawConnection) {
    this.#connection = connection
  }

  /** Throws `RetriableBrokerError` when the broker is unreachable, `FatalBrokerError` when it rejects the credentials. */
  static async open({ host, port }: Address, { clientId, ssl, sasl, socketFactory, logger }: ConnectionOptions): Promise<Connection> {
    const kafkajsLogger = createLogger({
      level: WARN,
      // Debug only: kafkajs also throws what it logs, and the caller of this class reports that.
      logCreator:
        () =>
        ({ log }) =>
          logger.debug(log.message, { from: 'kafkajs', broker: `${host}:${port}` }),
    })
    const pool = new ConnectionPool({
      host,
      port,
      clientId,
      logger: kafkajsLogger,
      socketFactory: socketFactory ?? defaultSocketFactory(),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: CONNECT_TIMEOUT_MS,
      reauthenticationThreshold: 10_000,
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
    })
    try {
      await new KafkajsConnector({ connectionPool: pool, logger: kafkajsLogger }).connect()
      return new Connection(await pool.getConnection())
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (error instanceof Error && error.name.startsWith('KafkaJSSASL'))
        throw new FatalBrokerError(`Kafka broker ${host}:${port} rejects the credentials: ${message}`, { cause: error })
      throw new RetriableBrokerError(`Kafka broker ${host}:${port} is unreachable: ${message}`, { cause: error })
    }
  }

  get isUsable(): boolean {
    return !this.#isBroken && this.#connection.isConnected()
  }

  /** `serverWaitMs`: how long the broker may hold back its response, beyond the request's own time-out. Throws `NoResponseError`. */
  async request<T>(request: KafkaRequest<T>, serverWaitMs = 0): Promise<T> {
    const response = await this.#send(request, serverWaitMs)
    const reader = new Reader(response)
    if (request.flexible) reader.skipTags()
    return request.read(reader)
  }

  /** Until the broker wants the client to authenticate again (KIP-368), milliseconds; 0: never. */
  get sessionLifetimeMs(): number {
    return this.#connection.sessionLifetime.toNumber()
  }

  /** Does not wait for responses: requests in flight reject. */
  close(): void {
    this.#isBroken = true
    this.#connection.rejectRequests(new Error('the connection was closed'))
    void this.#connection.disconnect() // stops kafkajs's request timer, which would keep the process alive
    this.#connection.socket?.destroy()
  }

  async #send<T>(
    { apiKey, apiVersion, name, flexible, timeoutMs = REQUEST_TIMEOUT_MS, sizeInBytes, write }: KafkaRequest<T>,
    serverWaitMs: number,
  ): Promise<Buffer> {
    try {
      return await this.#connection.send({
        request: {
          apiKey,
          apiVersion,
          apiName: name,
          encode: async () => {
            const writer = new Writer(sizeInBytes)
            if (flexible) writer.noTags()
            write(writer)
            return { buf: writer.bytes, buffer: writer.bytes }
          },
        },
        response: { decode: async (raw) => ({ raw }), parse: async ({ raw }) => raw },
        requestTimeout: serverWaitMs + timeoutMs,
        logResponseError: false,
      })
    } catch (error) {
      this.#isBroken = true
      throw new NoResponseError(`Kafka did not respond to ${name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
}
