/** Internal modules of kafkajs 2.2.4. The package has no export map, so they can be imported; no release has changed them since 2023. */
declare module 'kafkajs/src/network/connectionPool.js' {
  import type { RawConnection } from 'kafkajs/src/network/connection.js'

  export interface ConnectionOptions {
    readonly host: string
    readonly port: number
    readonly clientId: string
    readonly logger: import('kafkajs').Logger
    readonly socketFactory: import('kafkajs').ISocketFactory
    readonly ssl?: unknown
    readonly sasl?: unknown
    /** Milliseconds, like all of these. */
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly reauthenticationThreshold: number
  }

  export default class ConnectionPool {
    constructor(options: ConnectionOptions)
    getConnection(): Promise<RawConnection>
  }
}

declare module 'kafkajs/src/network/connection.js' {
  export interface RawRequest {
    readonly request: {
      readonly apiKey: number
      readonly apiVersion: number
      readonly apiName: string
      /** `buf` and `buffer` are the same bytes. */
      encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
    }
    readonly response: {
      decode(raw: Buffer): Promise<{ readonly raw: Buffer }>
      parse(decoded: { readonly raw: Buffer }): Promise<Buffer>
    }
    /** Applies when it is longer than the connection's own. */
    readonly requestTimeout: number
    readonly logResponseError: boolean
  }

  export interface RawConnection {
    isConnected(): boolean
    /** Milliseconds. */
    readonly sessionLifetime: { toNumber(): number }
    send(request: RawRequest): Promise<Buffer>
    rejectRequests(error: Error): void
    /** Waits for responses to requests in flight; always resolves. */
    disconnect(): Promise<unknown>
    readonly socket?: import('node:net').Socket
  }
}

declare module 'kafkajs/src/broker/index.js' {
  import type ConnectionPool from 'kafkajs/src/network/connectionPool.js'

  export default class Broker {
    constructor(options: { readonly connectionPool: ConnectionPool; readonly logger: import('kafkajs').Logger })
    /** Connects, asks for ApiVersions, authenticates. */
    connect(): Promise<void>
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function socketFactory(): import('kafkajs').ISocketFactory
}

declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: {
    readonly level: number
    readonly logCreator: import('kafkajs').logCreator
  }): import('kafkajs').Logger
}
