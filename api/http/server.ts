import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import type { Registry } from 'prom-client'
import { apiError } from '../graphql/api-error.ts'
import type { Admission } from '../limits/admission.ts'
import { formatError } from '../graphql/format-error.ts'
import type { Role, SessionStore } from '../sessions/session-store.ts'
import type { SubscriptionServer } from '../streaming/subscription-server.ts'
import type { Logger } from '../../topology/index.ts'
import { graphQLRequest } from './graphql-request.ts'
import { explorerPage, type Helix } from './helix.ts'
import { originCheck } from './origin.ts'
import { SessionCookie } from './session-cookie.ts'

export interface ServerOptions {
  readonly helix: Helix
  readonly subscriptions: SubscriptionServer
  readonly sessions: SessionStore
  /** The role that a name has now. */
  readonly roleOf: (username: string) => Role
  readonly metrics: Registry
  readonly admission: Admission
  readonly logger: Logger
  /** The built page. */
  readonly pageDirectory: string
  readonly mode: 'development' | 'production'
  readonly host: string
  readonly port: number
  /** Host names of this server besides `host` and the loopback names. */
  readonly hosts: readonly string[]
  /** Addresses and networks of the proxies whose `X-Forwarded-For` is trusted. */
  readonly proxies: readonly string[]
  /** Why the bank cannot do all its work at the moment, one line each. Empty: it is ready. */
  unready(): readonly string[]
}

/** Per address, far above what a person does; sign-ins have limits of their own. */
const REQUESTS = { max: 10_000, timeWindow: 10_000 }
const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
}
/** The explorer has its scripts and styles inline. */
const EXPLORER_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'"

/** Serves the page, `/graphql`, `/graphql/stream`, `/health`, `/ready` and `/metrics` on one port (DECISIONS 23). Rejects when the port cannot be bound. */
export async function listen(options: ServerOptions): Promise<FastifyInstance> {
  const { admission, host, port, mode, pageDirectory, hosts, proxies } = options
  const { bodyBytes, idleTimeoutMs, requestTimeoutMs } = admission.limits
  const app = fastify({
    bodyLimit: bodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
    forceCloseConnections: true,
    trustProxy: proxies.length > 0 && [...proxies],
  })
  admission.watch(app.server)
  app.addHook('onRequest', (request, reply, done) => done(admission.admitRequest(request.ip, reply.raw) ? undefined : tooBusy(reply)))
  app.removeContentTypeParser('text/plain')
  await app.register(cookie)
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY },
    strictTransportSecurity: mode === 'production',
  })
  await app.register(rateLimit, REQUESTS)
  await app.register(fastifyStatic, {
    root: pageDirectory,
    setHeaders: (response, path) => {
      response.setHeader('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const isOwn = originCheck([host, ...hosts])
  app.addHook('onRequest', async (request) => {
    if (!isOwn(request)) throw apiError('FORBIDDEN', 'This request comes from another site or is for an unknown host name.')
  })
  addGraphQL(app, options)
  addOperations(app, options)
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
    return isPage ? reply.header('cache-control', 'no-cache').sendFile('index.html') : reply.code(404).send({ message: 'Not found.' })
  })
  app.setErrorHandler((error: FastifyError | GraphQLError, _request, reply) => refuse(error, reply, options.logger))
  await app.listen({ host, port })
  return app
}

function addGraphQL(app: FastifyInstance, { admission, helix, mode, roleOf, sessions, subscriptions }: ServerOptions): void {
  const cookies = new SessionCookie(sessions, { secure: mode === 'production', rowsPerRequest: admission.limits.rowsPerRequest, roleOf })
  app.post('/graphql', async (request, reply) => {
    const { status, payload } = await helix.answer(graphQLRequest(request.body), cookies.contextOf(request, reply))
    return reply.code(status).header('cache-control', 'no-store').send(payload)
  })
  app.post('/graphql/stream', (request, reply) => {
    const graphql = graphQLRequest(request.body)
    const session = cookies.sessionOf(request)
    if (!admission.admitStream(request.ip, session?.username, reply.raw)) throw tooBusy(reply)
    const wasSignedIn = session !== undefined
    reply.hijack()
    return subscriptions.serve({
      request: graphql,
      context: cookies.contextOf(request, reply),
      response: reply.raw,
      headers: reply.getHeaders(),
      onSignedOut: (listener) => (wasSignedIn ? cookies.onEnd(request, listener) : () => undefined),
      isSignedIn: () => !wasSignedIn || cookies.sessionOf(request) !== undefined,
    })
  })
  if (mode === 'development') {
    const page = explorerPage('/graphql')
    app.get('/graphql', (_request: FastifyRequest, reply) =>
      reply.type('text/html').header('content-security-policy', EXPLORER_POLICY).send(page),
    )
  }
}

function addOperations(app: FastifyInstance, { metrics, unready }: ServerOptions): void {
  app.get('/health', (_request, reply) => reply.send({ alive: true }))
  app.get('/ready', (_request, reply) => {
    const reasons = unready()
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons })
  })
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
}

function tooBusy(reply: FastifyReply): GraphQLError {
  reply.header('retry-after', '1')
  return apiError('BUSY', 'Too much is under way, in all or from your address: close what you do not need, and try again.')
}

/** A refusal gets the status of its code; an internal error is shown without its details. */
function refuse(error: FastifyError | GraphQLError, reply: FastifyReply, logger: Logger): FastifyReply {
  if (error instanceof GraphQLError) {
    const shown = formatError(error, logger)
    return reply.code(STATUS[String(shown.extensions['code'])] ?? 400).send({ errors: [shown] })
  }
  const status = error.statusCode ?? 500
  if (status >= 500) return reply.code(status).send({ errors: [formatError(error, logger)] })
  return reply.code(status).send({ errors: [apiError('BAD_USER_INPUT', error.message)] })
}

const STATUS: Readonly<Record<string, number>> = { BUSY: 503, FORBIDDEN: 403, INTERNAL: 500, UNAVAILABLE: 503 }
