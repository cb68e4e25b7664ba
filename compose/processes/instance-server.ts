import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { hostname } from 'node:os'
import type { Registry } from 'prom-client'
import { QUERY_PATH, type HttpQueryTransport } from '../../topology/index.ts'
import type { InstanceStatus } from './instance-status.ts'

export interface InstanceServerOptions {
  readonly transport: HttpQueryTransport
  readonly metrics: Registry
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Undefined: no instance runs yet. */
  status(): InstanceStatus | undefined
}

interface Answer {
  readonly status: number
  readonly body: string
  /** Default JSON. */
  readonly type?: string
}

/** Below an instance's endpoint, for who has the secret: how it is doing. */
export const STATUS_PATH = '/status'

const EVERYWHERE = '0.0.0.0'
const BODY_BYTES = 1 << 20
const UNHEALTHY = [undefined, 'stopped', 'failed']

/** What a processor answers over HTTP: questions of other processes, how it is doing, its metrics, and whether it is alive. */
export class InstanceServer {
  readonly url: string
  readonly #server: Server

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  /** Rejects when the port cannot be had. */
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
    if (address === null || typeof address === 'string') throw new Error('The server listens on no port.')
    return new InstanceServer(server, `http://${host === EVERYWHERE ? hostname() : host}:${address.port}`)
  }

  /** Ends the answers under way, too. */
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
      const question = await bodyOf(request)
      return question === undefined ? failure(413, 'The question is too long.') : transport.respond(authorization, question)
    }
    case `GET ${STATUS_PATH}`: {
      if (!transport.admits(authorization)) return failure(401, 'The secret is missing or wrong.')
      const now = status()
      return now === undefined ? failure(503, 'No instance runs here.') : { status: 200, body: JSON.stringify(now) }
    }
    case 'GET /health': {
      const state = status()?.state
      return { status: UNHEALTHY.includes(state) ? 503 : 200, body: JSON.stringify({ state: state ?? 'starting' }) }
    }
    case 'GET /metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.metrics() }
    default:
      return failure(404, 'There is nothing here.')
  }
}

function failure(status: number, error: string): Answer {
  return { status, body: JSON.stringify({ error }) }
}

/** Undefined: it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
