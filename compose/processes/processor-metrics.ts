import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { TaskInfo } from '../../topology/index.ts'
import type { InstanceStatus } from './instance-status.ts'

/** What a monitoring system scrapes of a processor. Everything is read when it is asked for, and costs nothing in between. */
export function processorMetrics(status: () => InstanceStatus | undefined): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'bob_', eventLoopMonitoringPrecision: 1_000 })
  const gauge = (
    name: string,
    help: string,
    labelNames: readonly string[],
    collect: (gauge: Gauge, tasks: readonly TaskInfo[]) => void,
  ) => {
    const made: Gauge = new Gauge({
      name: `bob_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect: () => {
        made.reset()
        collect(made, status()?.tasks ?? [])
      },
    })
  }
  const perTask = (name: string, help: string, figure: (task: TaskInfo) => number): void =>
    gauge(name, help, ['task'], (made, tasks) => {
      for (const task of tasks) made.set({ task: task.name }, figure(task))
    })
  gauge('instance_running', '1: has its tasks and works on them. 0: starts, waits for a rebalance, stops or has failed.', [], (made) =>
    made.set(status()?.state === 'running' ? 1 : 0),
  )
  gauge('tasks', 'Tasks here, by state.', ['state'], (made, tasks) => {
    for (const { state } of tasks) made.inc({ state })
  })
  perTask('task_lag_records', 'Records that wait to be worked on.', ({ lag }) => lag)
  perTask('task_records', 'Records worked on since the task came here.', ({ records }) => records)
  perTask('task_commits', 'Transactions committed since the task came here.', ({ commits }) => commits)
  perTask('task_restored_records', 'Records that were read from changelogs before the task ran.', ({ restored }) => restored)
  perTask('task_dead_letters', 'Records put aside since the task came here.', ({ deadLetters }) => deadLetters)
  gauge('standby_age_ms', 'What was committed longer ago than this has been copied.', ['task'], (made, tasks) => {
    for (const { name, ageMs } of tasks) if (ageMs !== undefined) made.set({ task: name }, ageMs)
  })
  gauge('task_dropped_records', 'Records passed over since the task came here, by reason.', ['task', 'reason'], (made, tasks) => {
    for (const { name, drops } of tasks) for (const [reason, count] of Object.entries(drops)) made.set({ task: name, reason }, count)
  })
  return registry
}
