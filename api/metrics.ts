import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { CommandBus } from './commands/command-bus.ts'
import type { EventHub } from './hub/event-hub.ts'
import type { Cluster } from './ports/cluster.ts'
import type { BankReader } from './ports/bank-reader.ts'
import type { SessionStore } from './sessions/session-store.ts'

interface Measured {
  readonly bus: CommandBus
  readonly hub: EventHub
  readonly sessions: SessionStore
  readonly cluster: Cluster
  readonly reader: Pick<BankReader, 'stuckTransfers'>
}

/** What a monitoring system scrapes. Everything is read when it is asked for, and costs nothing in between. */
export function metricsOf({ bus, hub, sessions, cluster, reader }: Measured): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'bob_', eventLoopMonitoringPrecision: 1_000 })
  const gauge = (name: string, help: string, labelNames: readonly string[], collect: (gauge: Gauge) => void | Promise<void>): void => {
    const made: Gauge = new Gauge({
      name: `bob_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect: () => collect(made),
    })
  }
  gauge('commands', 'Commands since the start, by how they were answered.', ['outcome'], (commands) => {
    const { succeeded, failed, pending } = bus.metrics()
    for (const [outcome, count] of Object.entries({ succeeded, failed, pending })) commands.set({ outcome }, count)
  })
  gauge('command_seconds', 'From command to outcome, lately.', ['quantile'], (seconds) => {
    const { p50Ms, p99Ms } = bus.metrics()
    if (p50Ms !== undefined) seconds.set({ quantile: '0.5' }, p50Ms / 1_000)
    if (p99Ms !== undefined) seconds.set({ quantile: '0.99' }, p99Ms / 1_000)
  })
  gauge('subscribers', 'Open subscriptions to what the bank publishes.', [], (subscribers) => subscribers.set(hub.subscribers))
  gauge('sessions', 'People signed in.', [], (count) => count.set(sessions.size))
  gauge('tasks', 'Tasks by instance and state.', ['instance', 'state'], (tasks) => {
    tasks.reset()
    for (const { id, tasks: held } of cluster.instances())
      for (const { state } of held) tasks.inc({ instance: id, state: state.toLowerCase() })
  })
  gauge('lag_records', 'Records that wait to be worked on.', [], (lag) => lag.set(cluster.metrics().lag))
  gauge(
    'books_balanced',
    '1: all accounts, clearing and cash add up to nothing. 0: they do not. Absent: not known yet.',
    [],
    (balanced) => {
      const { booksBalanced } = cluster.metrics()
      if (booksBalanced !== null) balanced.set(booksBalanced ? 1 : 0)
    },
  )
  gauge(
    'stuck_transfers',
    'Transfers whose money could not be given back, which somebody has to look at. Absent: no instance could be asked.',
    [],
    async (stuck) => {
      const found = await reader.stuckTransfers().catch(() => undefined)
      if (found === undefined) stuck.remove()
      else stuck.set(found.length)
    },
  )
  return registry
}
