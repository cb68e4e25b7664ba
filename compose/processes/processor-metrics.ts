import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { PartitionLag, TaskInfo } from '../../topology/index.ts'
import type { InstanceStatus } from './instance-status.ts'

/** Prometheus metrics of a processor. Values are collected at each scrape, so they cost nothing in between. */
export function processorMetrics(status: () => InstanceStatus | undefined, lag: () => Promise<readonly PartitionLag[]>): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'bob_', eventLoopMonitoringPrecision: 1_000 })
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    collect: (gauge: Gauge, tasks: readonly TaskInfo[]) => void,
  ) => {
    const metric: Gauge = new Gauge({
      name: `bob_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect: () => {
        metric.reset()
        collect(metric, status()?.tasks ?? [])
      },
    })
  }
  const perTask = (name: string, help: string, figure: (task: TaskInfo) => number): void =>
    gauge(name, help, ['task'], (metric, tasks) => {
      for (const task of tasks) metric.set({ task: task.name }, figure(task))
    })
  gauge('instance_running', '1: running. 0: starting, rebalancing, stopped or failed.', [], (metric) =>
    metric.set(status()?.state === 'running' ? 1 : 0),
  )
  gauge('tasks', 'Tasks of this instance, by state.', ['state'], (metric, tasks) => {
    for (const { state } of tasks) metric.inc({ state })
  })
  perTask('task_lag_records', 'Input records not yet processed.', ({ lag }) => lag)
  perTask('task_stalled', '1: the task has work and commits nothing. 0: it does not stall.', ({ state }) => (state === 'stalled' ? 1 : 0))
  perTask('task_openings', 'How often the task was opened since it was assigned; errors open it again.', ({ openings }) => openings)
  const partitions: Gauge = new Gauge({
    name: 'bob_partition_lag_records',
    help: 'End offset minus committed offset of each input partition, whichever instance owns it. Absent: no broker answers.',
    labelNames: ['topic', 'partition'],
    registers: [registry],
    collect: async () => {
      const lags = await lag().catch(() => [])
      partitions.reset()
      for (const { topic, partition, lag: records } of lags) partitions.set({ topic, partition }, records)
    },
  })
  gauge('instance_healthy', '1: the instance runs, and no task waits or is stalled. 0: see /ready.', [], (metric) =>
    metric.set(status()?.health.isHealthy ? 1 : 0),
  )
  perTask('task_records', 'Records processed since the task was assigned to this instance.', ({ records }) => records)
  perTask('task_commits', 'Transactions committed since the task was assigned to this instance.', ({ commits }) => commits)
  perTask('task_restored_records', 'Records restored from changelogs before the task ran.', ({ restored }) => restored)
  perTask('task_dead_letters', 'Dead letters since the task was assigned to this instance.', ({ deadLetters }) => deadLetters)
  gauge('standby_age_ms', 'Age of the standby: everything committed longer ago than this has been copied.', ['task'], (metric, tasks) => {
    for (const { name, ageMs } of tasks) if (ageMs !== undefined) metric.set({ task: name }, ageMs)
  })
  gauge(
    'task_dropped_records',
    'Records dropped since the task was assigned to this instance, by reason code.',
    ['task', 'reason'],
    (metric, tasks) => {
      for (const { name, drops } of tasks) for (const [reason, count] of Object.entries(drops)) metric.set({ task: name, reason }, count)
    },
  )
  return registry
}
