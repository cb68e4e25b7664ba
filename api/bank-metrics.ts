import type { CommandBus } from './commands/command-bus.ts'
import type { Cluster, ClusterMetrics } from './ports/cluster.ts'

/** How the bank is doing: what the cluster tells, and how long commands take that were sent from here. */
export interface BankMetrics extends ClusterMetrics {
  /** From command to outcome, lately; null when there was none. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

export function bankMetrics(cluster: Cluster, bus: CommandBus): BankMetrics {
  const { p50Ms = null, p99Ms = null } = bus.metrics()
  return { ...cluster.metrics(), p50Ms, p99Ms }
}
