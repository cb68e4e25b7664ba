import type { Ports } from '../../topology/index.ts'
import type { BankMetrics } from '../bank-metrics.ts'
import type { CommandBus } from '../commands/command-bus.ts'
import type { EventHub } from '../hub/event-hub.ts'
import type { Sampler } from '../hub/sampler.ts'
import type { BankReader } from '../ports/bank-reader.ts'
import type { Cluster, InstanceView } from '../ports/cluster.ts'
import type { SignIn } from '../sessions/sign-in.ts'
import type { Access } from './access.ts'
import type { RequestContext } from './request-context.ts'

/** The dependencies of the resolvers. */
export interface Services {
  readonly reader: BankReader
  readonly commands: Pick<CommandBus, 'send'>
  readonly hub: Pick<EventHub, 'transactions' | 'transfers' | 'alerts'>
  readonly cluster: Cluster
  readonly metrics: Sampler<BankMetrics>
  readonly instances: Sampler<readonly InstanceView[]>
  readonly signIn: SignIn
  readonly access: Access
  readonly ports: Ports
}

/** One field of `Query`, `Mutation` or `Subscription`. GraphQL has already checked the arguments against the schema. */
export type Resolver = (args: never, context: RequestContext) => unknown

export type Resolvers = Readonly<Record<string, Resolver>>
