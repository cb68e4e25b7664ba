import type { FastifyInstance } from 'fastify'
import type { CommandFormat, FeedFormats } from '../processors/index.ts'
import type { Broker, Ports } from '../topology/index.ts'
import { bankMetrics, type BankMetrics } from './bank-metrics.ts'
import { CommandBus, type NewCommand } from './commands/command-bus.ts'
import { Access } from './graphql/access.ts'
import { Documents } from './graphql/documents.ts'
import { executableSchema } from './graphql/executable-schema.ts'
import { Admission } from './limits/admission.ts'
import { apiLimits, type ApiLimits } from './limits/api-limits.ts'
import { Helix } from './http/helix.ts'
import { listen } from './http/server.ts'
import { EventHub } from './hub/event-hub.ts'
import { Sampler } from './hub/sampler.ts'
import { metricsOf } from './metrics.ts'
import type { BankReader } from './ports/bank-reader.ts'
import type { Cluster } from './ports/cluster.ts'
import type { Passwords } from './sessions/passwords.ts'
import { SessionStore } from './sessions/session-store.ts'
import { SignIn, type Employee } from './sessions/sign-in.ts'
import { SubscriptionServer } from './streaming/subscription-server.ts'

/** Long enough for the first processor to be started well after the API. */
const BOOTSTRAP_DEADLINE_MS = 86_400_000

export interface ApiOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly reader: BankReader
  readonly commands: CommandFormat
  readonly feeds: FeedFormats
  readonly cluster: Cluster
  /** Sent before the port is opened, each after the answer to the one before. */
  readonly bootstrap: readonly NewCommand[]
  /** The public account. */
  readonly companyIban: string
  readonly employees: readonly Employee[]
  readonly passwords: Passwords
  /** The built page. */
  readonly pageDirectory: string
  /** `development`: introspection and the explorer. `production`: cookies over TLS only. */
  readonly mode: 'development' | 'production'
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Host names of this server besides `host` and the loopback names. */
  readonly hosts?: readonly string[]
  /** Proxies whose `X-Forwarded-For` is trusted: addresses, networks, or `loopback`, `linklocal`, `uniquelocal`. */
  readonly proxies?: readonly string[]
  /** How many files and sockets this process may have open. */
  readonly openFiles: number
  /** Default: what `apiLimits` derives. */
  readonly limits?: Partial<ApiLimits>
  /** Why the bank cannot do all its work at the moment, one line each. Empty: it is ready. */
  unready?(): readonly string[]
}

export interface Api {
  readonly url: string
  /** For code in the same process that sends commands. */
  readonly bus: CommandBus
  metrics(): BankMetrics
  /** Orderly: ends the streams, accepts no more requests, answers those in flight. */
  close(): Promise<void>
}

/** Resolves when the page and the API are served. Rejects when the port cannot be bound, and has closed everything by then. */
export async function openApi(options: ApiOptions): Promise<Api> {
  const { broker, ports, reader, cluster, mode } = options
  const opened: { close(): unknown }[] = []
  const close = async (): Promise<void> => {
    for (let resource = opened.pop(); resource !== undefined; resource = opened.pop()) await resource.close()
  }
  try {
    const bus = await CommandBus.open({ broker, ports, format: options.commands })
    opened.push(bus)
    for (const command of options.bootstrap) await bus.send(command, BOOTSTRAP_DEADLINE_MS)
    const hub = await EventHub.open({ broker, ports, formats: options.feeds })
    opened.push(hub)
    const sessions = await SessionStore.open({ broker, ports })
    opened.push(sessions)
    const schema = executableSchema({
      reader,
      commands: bus,
      hub,
      cluster,
      metrics: new Sampler(ports, () => bankMetrics(cluster, bus)),
      instances: new Sampler(ports, () => cluster.instances()),
      signIn: new SignIn({ reader, commands: bus, passwords: options.passwords, ports, employees: options.employees }),
      access: new Access(reader, options.companyIban),
      ports,
    })
    const documents = new Documents(schema, { introspection: mode === 'development' })
    const subscriptions = new SubscriptionServer({ documents, ports })
    const proxies = options.proxies ?? []
    const admission = new Admission({ ...apiLimits(options.openFiles, proxies.length > 0), ...options.limits })
    const server = await listen({
      helix: new Helix(documents, ports.logger),
      subscriptions,
      sessions,
      roleOf: (name) => (options.employees.some(({ username }) => username === name) ? 'EMPLOYEE' : 'CLIENT'),
      metrics: metricsOf({ admission, bus, hub, sessions, cluster, reader }),
      admission,
      logger: ports.logger,
      pageDirectory: options.pageDirectory,
      mode,
      host: options.host,
      port: options.port,
      hosts: options.hosts ?? [],
      proxies,
      unready: () => options.unready?.() ?? [],
    })
    opened.push(server, subscriptions)
    return { url: urlOf(server, options.host), bus, metrics: () => bankMetrics(cluster, bus), close }
  } catch (error) {
    await close()
    throw error
  }
}

function urlOf(server: FastifyInstance, host: string): string {
  const address = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a TCP port.')
  return `http://${host}:${address.port}`
}
