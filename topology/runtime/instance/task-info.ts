import type { Obstacle, TaskLoop, TaskMetrics, TaskStatus } from '../task/index.ts'

/** A task as the operator sees it. */
export interface TaskInfo {
  readonly name: string
  /** `stalled`: it has work and has committed nothing for the stall timeout. */
  readonly state: TaskStatus | 'stalled' | 'standby'
  /** Why it waits or is stalled. */
  readonly obstacle?: Obstacle
  readonly lag: number
  readonly records: number
  readonly commits: number
  readonly restored: number
  /** How often the task was opened since it was assigned, the first time included: errors open it again. */
  readonly openings: number
  readonly deadLetters: number
  readonly drops: Readonly<{ [reason: string]: number }>
  /** Of a standby that has caught up: what was committed longer ago than this is in it, milliseconds. */
  readonly ageMs?: number
}

export function activeTaskInfo({ task, progress }: TaskLoop): TaskInfo {
  const { stalled, waiting } = progress
  const obstacle = stalled ?? (task.status === 'running' ? undefined : waiting)
  const info = taskInfo(task.name, stalled === undefined ? task.status : 'stalled', task.metrics, task.lag)
  return obstacle === undefined ? info : { ...info, obstacle }
}

export function taskInfo(name: string, state: TaskInfo['state'], metrics: TaskMetrics, lag: number): TaskInfo {
  const { records, commits, restored, openings, deadLetters, drops } = metrics
  return { name, state, lag, records, commits, restored, openings, deadLetters, drops: Object.fromEntries(drops) }
}
