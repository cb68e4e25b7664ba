import { hostname } from 'node:os'
import Fastify, { type FastifyInstance } from 'fastify'
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

/** Below an instance's endpoint, for who has the secret: how it is doing. */
export const STATUS_PATH = '/status'

const EVERYWHERE = '0.0.0.0'
const BODY_BYTES = 1 << 20
const UNHEALTHY = [undefined, 'stopped', 'failed']

/** What a processor answers over HTTP: questions of other processes, how it is doing, its metrics, and whether it is alive. */
export class InstanceServer {
  readonly url: string
  readonly #server: FastifyInstance

  private constructor(server: FastifyInstance, url: string) {
    this.#server = server
    this.url = url
  }

  /** Rejects when the port cannot be had. */
  static async listen({ transport, metrics, host, port, status }: InstanceServerOptions): Promise<InstanceServer> {
    const server = Fastify({ bodyLimit: BODY_BYTES, forceCloseConnections: true })
    server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    server.post<{ Body: string }>(QUERY_PATH, async (request, reply) => {
      const { status: code, body } = await transport.respond(request.headers.authorization, request.body)
      return reply.code(code).type('application/json').send(body)
    })
    server.get(STATUS_PATH, async (request, reply) => {
      if (!transport.admits(request.headers.authorization)) return reply.code(401).send({ error: 'The secret is missing or wrong.' })
      return status() ?? reply.code(503).send({ error: 'No instance runs here.' })
    })
    server.get('/health', async (_request, reply) => {
      const state = status()?.state
      return reply.code(UNHEALTHY.includes(state) ? 503 : 200).send({ state: state ?? 'starting' })
    })
    server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
    await server.listen({ host, port })
    const address = server.server.address()
    if (address === null || typeof address === 'string') throw new Error('The server listens on no port.')
    return new InstanceServer(server, `http://${host === EVERYWHERE ? hostname() : host}:${address.port}`)
  }

  async close(): Promise<void> {
    await this.#server.close()
  }
}
