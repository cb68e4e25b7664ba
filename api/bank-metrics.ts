import type { CommandBus } from './commands/command-bus.ts'
import type { Cluster, ClusterMetrics } from './ports/cluster.ts'

/** The cluster's metrics and the latency of the commands that this process sent. */
export interface BankMetrics extends ClusterMetrics {
  /** From command to outcome over the last 10 to 20 seconds; null: no outcome arrived in that time. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

export function bankMetrics(cluster: Cluster, bus: CommandBus): BankMetrics {
  const { p50Ms = null, p99Ms = null } = bus.metrics()
  return { ...cluster.metrics(), p50Ms, p99Ms }
}
