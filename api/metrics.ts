import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { CommandBus } from './commands/command-bus.ts'
import type { EventHub } from './hub/event-hub.ts'
import { KINDS, type Admission } from './limits/admission.ts'
import type { BankReader } from './ports/bank-reader.ts'
import type { Cluster } from './ports/cluster.ts'
import type { SessionStore } from './sessions/session-store.ts'

/** More are not counted. */
const MOST_STUCK = 1_000

interface MetricSources {
  readonly admission: Admission
  readonly bus: CommandBus
  readonly hub: EventHub
  readonly sessions: SessionStore
  readonly cluster: Cluster
  readonly reader: Pick<BankReader, 'stuckTransfers'>
}

/** Prometheus metrics. Values are read when they are scraped and cost nothing in between. */
export function metricsOf({ admission, bus, hub, sessions, cluster, reader }: MetricSources): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'bob_', eventLoopMonitoringPrecision: 1_000 })
  const gauge = (name: string, help: string, labelNames: readonly string[], collect: (gauge: Gauge) => void | Promise<void>): void => {
    const created: Gauge = new Gauge({
      name: `bob_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect: () => collect(created),
    })
  }
  gauge('commands', 'Commands since the start, by outcome.', ['outcome'], (commands) => {
    const { succeeded, failed, pending } = bus.metrics()
    for (const [outcome, count] of Object.entries({ succeeded, failed, pending })) commands.set({ outcome }, count)
  })
  gauge('command_seconds', 'Seconds from command to outcome, over the last 10 to 20 seconds.', ['quantile'], (seconds) => {
    const { p50Ms, p99Ms } = bus.metrics()
    if (p50Ms !== undefined) seconds.set({ quantile: '0.5' }, p50Ms / 1_000)
    if (p99Ms !== undefined) seconds.set({ quantile: '0.99' }, p99Ms / 1_000)
  })
  gauge('subscribers', 'Open subscriptions to the topics that the bank publishes.', [], (subscribers) => subscribers.set(hub.subscribers))
  gauge('in_use', 'Connections, requests under way and streams, at the moment.', ['kind'], (inUse) => {
    for (const kind of KINDS) inUse.set({ kind }, admission.inUse(kind))
  })
  gauge(
    'refused',
    'Connections, requests and streams that were refused because a limit was reached, since the start.',
    ['kind'],
    (refused) => {
      for (const kind of KINDS) refused.set({ kind }, admission.refused[kind])
    },
  )
  gauge('sessions', 'Sessions of signed-in users.', [], (count) => count.set(sessions.size))
  gauge('tasks', 'Tasks by instance and state.', ['instance', 'state'], (tasks) => {
    tasks.reset()
    for (const { id, tasks: tasksOfInstance } of cluster.instances())
      for (const { state } of tasksOfInstance) tasks.inc({ instance: id, state: state.toLowerCase() })
  })
  gauge('lag_records', 'Records that the tasks have not processed yet.', [], (lag) => lag.set(cluster.metrics().lag))
  gauge('books_balanced', '1: all accounts, clearing and cash add up to zero. 0: they do not. Absent: not known yet.', [], (balanced) => {
    const { booksBalanced } = cluster.metrics()
    if (booksBalanced !== null) balanced.set(booksBalanced ? 1 : 0)
  })
  gauge(
    'stuck_transfers',
    'Transfers whose money could not be returned to the payer: an employee has to resolve them. Absent: no instance could be reached.',
    [],
    async (stuck) => {
      const found = await reader.stuckTransfers(MOST_STUCK, 0).catch(() => undefined)
      if (found === undefined) stuck.remove()
      else stuck.set(found.length)
    },
  )
  return registry
}
