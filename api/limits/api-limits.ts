/** What callers may use of an API process at a time. Beyond a limit a caller is refused, with a status, before anything is allocated for it. */
export interface ApiLimits {
  /** TCP connections in all. The rest of the process' file descriptors is a reserve for the embedded broker and the state stores. */
  readonly connections: number
  readonly connectionsPerAddress: number
  /** Streams of server-sent events in all; each carries one subscription. */
  readonly streams: number
  readonly streamsPerAddress: number
  readonly streamsPerUser: number
  /** Requests under way in all, from their headers to the end of the response. Each holds a body of at most `bodyBytes`. */
  readonly requests: number
  readonly requestsPerAddress: number
  readonly bodyBytes: number
  /** Rows that one query may read; a field reserves them before it reads. */
  readonly rowsPerRequest: number
  /** For the headers of a request, and for the whole of it. A slower client is disconnected. */
  readonly requestTimeoutMs: number
  /** A connection without a request is closed after this long. */
  readonly idleTimeoutMs: number
}

/** LevelDB, the log's segments and the connections to other brokers: more than an embedded bank uses under load. */
const RESERVED_DESCRIPTORS = 256
const MOST_CONNECTIONS = 8_192

/** `openFiles`: how many descriptors the process may have open. `isProxied`: proxies connect, each for many addresses. */
export function apiLimits(openFiles: number, isProxied: boolean): ApiLimits {
  const connections = Math.max(32, Math.min(MOST_CONNECTIONS, Math.floor((openFiles - RESERVED_DESCRIPTORS) / 2)))
  return {
    connections,
    connectionsPerAddress: isProxied ? connections : Math.min(512, Math.ceil(connections / 2)),
    streams: Math.floor((3 * connections) / 4),
    streamsPerAddress: Math.min(200, Math.ceil(connections / 3)),
    streamsPerUser: 50,
    requests: 500,
    requestsPerAddress: 200,
    bodyBytes: 64 * 1024,
    rowsPerRequest: 2_000,
    requestTimeoutMs: 15_000,
    idleTimeoutMs: 30_000,
  }
}
