import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { hostname } from 'node:os'
import type { Registry } from 'prom-client'
import { QUERY_PATH, type HttpQueryTransport, type InstanceHealth } from '../../topology/index.ts'
import type { InstanceStatus } from './instance-status.ts'

export interface InstanceServerOptions {
  readonly transport: HttpQueryTransport
  readonly metrics: Registry
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Undefined: the instance has not started yet. */
  status(): InstanceStatus | undefined
}

interface Answer {
  readonly status: number
  readonly body: string
  /** Content type. Default: JSON. */
  readonly type?: string
}

/** Path of the status below an instance's endpoint; requires the secret. */
export const STATUS_PATH = '/status'

const ALL_INTERFACES = '0.0.0.0'
const STARTING: InstanceHealth = { isHealthy: false, problems: ['the instance is starting'] }
const MAX_BODY_BYTES = 1 << 20

/** The HTTP server of a processor: queries of other processes, status, metrics, health and readiness. */
export class InstanceServer {
  readonly url: string
  readonly #server: Server

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  /** Rejects when it cannot listen on the port. */
  static async listen(options: InstanceServerOptions): Promise<InstanceServer> {
    const { host, port } = options
    const server = createServer((request, response) => {
      void answerTo(request, options)
        .catch((error: unknown): Answer => failure(500, error instanceof Error ? error.message : String(error)))
        .then(({ status, type = 'application/json', body }) => response.writeHead(status, { 'content-type': type }).end(body))
    })
    server.listen(port, host)
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The HTTP server of the instance has no port.')
    return new InstanceServer(server, `http://${host === ALL_INTERFACES ? hostname() : host}:${address.port}`)
  }

  /** Also closes connections with a request in flight. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

async function answerTo(request: IncomingMessage, { transport, metrics, status }: InstanceServerOptions): Promise<Answer> {
  const { authorization } = request.headers
  const method = request.method === 'HEAD' ? 'GET' : request.method
  switch (`${method} ${request.url}`) {
    case `POST ${QUERY_PATH}`: {
      const query = await bodyOf(request)
      return query === undefined
        ? failure(413, `The query is longer than ${MAX_BODY_BYTES} bytes.`)
        : transport.respond(authorization, query)
    }
    case `GET ${STATUS_PATH}`: {
      if (!transport.admits(authorization)) return failure(401, 'The secret is missing or wrong.')
      const current = status()
      return current === undefined ? failure(503, 'The instance has not started yet.') : { status: 200, body: JSON.stringify(current) }
    }
    case 'GET /health':
      return { status: 200, body: JSON.stringify({ alive: true }) }
    case 'GET /ready': {
      const { state = 'starting', health = STARTING } = status() ?? {}
      return { status: health.isHealthy ? 200 : 503, body: JSON.stringify({ ready: health.isHealthy, state, reasons: health.problems }) }
    }
    case 'GET /metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.metrics() }
    default:
      return failure(404, 'Not found.')
  }
}

function failure(status: number, error: string): Answer {
  return { status, body: JSON.stringify({ error }) }
}

/** Undefined when the body is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
