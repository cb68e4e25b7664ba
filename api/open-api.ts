import type { FastifyInstance } from 'fastify'
import type { Broker, Ports } from '../topology/index.ts'
import { bankMetrics, type BankMetrics } from './bank-metrics.ts'
import { CommandBus, type NewCommand } from './commands/command-bus.ts'
import { Access } from './graphql/access.ts'
import { Documents } from './graphql/documents.ts'
import { executableSchema } from './graphql/executable-schema.ts'
import { Helix } from './http/helix.ts'
import { listen } from './http/server.ts'
import { EventHub } from './hub/event-hub.ts'
import { Sampler } from './hub/sampler.ts'
import { metricsOf } from './metrics.ts'
import type { CommandFormat, FeedFormats } from './ports/bank-messages.ts'
import type { BankReader } from './ports/bank-reader.ts'
import type { Cluster } from './ports/cluster.ts'
import type { Passwords } from './sessions/passwords.ts'
import { SessionStore } from './sessions/session-store.ts'
import { SignIn, type Employee } from './sessions/sign-in.ts'
import { SubscriptionServer } from './streaming/subscription-server.ts'

/** Before the first processor runs, somebody may take his time. */
const BOOTSTRAP_DEADLINE_MS = 86_400_000

export interface ApiOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly reader: BankReader
  readonly commands: CommandFormat
  readonly feeds: FeedFormats
  readonly cluster: Cluster
  /** What has to be there before anybody comes: sent, and answered, before the port is opened. */
  readonly bootstrap: readonly NewCommand[]
  /** The one account that everybody may look at. */
  readonly companyIban: string
  readonly employees: readonly Employee[]
  readonly passwords: Passwords
  /** The built page. */
  readonly pageDirectory: string
  /** `development`: introspection and the explorer. `production`: cookies over TLS only. */
  readonly mode: 'development' | 'production'
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Names that the server is reached by, besides the host's own. */
  readonly hosts?: readonly string[]
  /** Addresses and networks of proxies, or `loopback`, `linklocal`, `uniquelocal`: their word for where a request comes from is taken. */
  readonly proxies?: readonly string[]
  /** Why the bank cannot be used at the moment; undefined: it can. */
  unready?(): string | undefined
}

export interface Api {
  readonly url: string
  /** The way to the bank for whoever is in the same process. */
  readonly bus: CommandBus
  metrics(): BankMetrics
  /** In order: nothing new, streams ended, what is under way answered. */
  close(): Promise<void>
}

/** Resolves when the page and the API are served. Rejects with one sentence when the port cannot be had; nothing is left open then. */
export async function openApi(options: ApiOptions): Promise<Api> {
  const { broker, ports, reader, cluster, mode } = options
  const opened: { close(): unknown }[] = []
  const close = async (): Promise<void> => {
    for (let one = opened.pop(); one !== undefined; one = opened.pop()) await one.close()
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
    const server = await listen({
      helix: new Helix(documents, ports.logger),
      subscriptions,
      sessions,
      metrics: metricsOf({ bus, hub, sessions, cluster, reader }),
      logger: ports.logger,
      pageDirectory: options.pageDirectory,
      mode,
      host: options.host,
      port: options.port,
      hosts: options.hosts ?? [],
      proxies: options.proxies ?? [],
      unready: () => options.unready?.(),
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
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.')
  return `http://${host}:${address.port}`
}
