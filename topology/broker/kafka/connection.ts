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
  /** As kafkajs takes them. */
  readonly ssl?: unknown
  readonly sasl?: unknown
  readonly socketFactory?: ISocketFactory
  readonly logger: Logger
}

/** It was asked and did not answer: what it was asked for may have been done all the same. */
export class NoAnswerError extends RetriableBrokerError {}

/** For a connection, and for each step of its authentication. */
const CONNECT_MS = 5_000
const REQUEST_MS = 30_000
const WARNINGS = 2

/** One connection to one broker, made and authenticated by kafkajs. Answers come in the order of the requests. */
export class Connection {
  readonly #connection: RawConnection
  #isBroken = false

  private constructor(connection: RawConnection) {
    this.#connection = connection
  }

  /** Throws `RetriableBrokerError` when nobody answers, `FatalBrokerError` when the authentication is refused. */
  static async open({ host, port }: Address, { clientId, ssl, sasl, socketFactory, logger }: ConnectionOptions): Promise<Connection> {
    const quiet = createLogger({
      level: WARNINGS,
      // Whatever it is, it comes as an error too, and whoever gets that says what matters.
      logCreator:
        () =>
        ({ log }) =>
          logger.debug(log.message, { from: 'kafkajs', broker: `${host}:${port}` }),
    })
    const pool = new ConnectionPool({
      host,
      port,
      clientId,
      logger: quiet,
      socketFactory: socketFactory ?? defaultSocketFactory(),
      connectionTimeout: CONNECT_MS,
      requestTimeout: CONNECT_MS,
      reauthenticationThreshold: 10_000,
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
    })
    try {
      await new KafkajsConnector({ connectionPool: pool, logger: quiet }).connect()
      return new Connection(await pool.getConnection())
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (error instanceof Error && error.name.startsWith('KafkaJSSASL'))
        throw new FatalBrokerError(`${host}:${port} refuses this client: ${message}`, { cause: error })
      throw new RetriableBrokerError(`${host}:${port} cannot be reached: ${message}`, { cause: error })
    }
  }

  get isUsable(): boolean {
    return !this.#isBroken && this.#connection.isConnected()
  }

  /** Throws `NoAnswerError`. */
  async request<T>(request: KafkaRequest<T>, retryTimeoutMs = 0): Promise<T> {
    const answer = await this.#send(request, retryTimeoutMs)
    const reader = new Reader(answer)
    if (request.flexible) reader.skipTags()
    return request.read(reader)
  }

  /** Does not wait for answers that are on their way. */
  close(): void {
    this.#isBroken = true
    this.#connection.rejectRequests(new Error('the connection was closed'))
    void this.#connection.disconnect() // ends the timer that looks for late answers, which would keep the process alive
    this.#connection.socket?.destroy()
  }

  async #send<T>(
    { apiKey, apiVersion, name, flexible, timeoutMs = REQUEST_MS, sizeInBytes, write }: KafkaRequest<T>,
    retryTimeoutMs: number,
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
        requestTimeout: retryTimeoutMs + timeoutMs,
        logResponseError: false,
      })
    } catch (error) {
      this.#isBroken = true
      throw new NoAnswerError(`No answer to ${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}
