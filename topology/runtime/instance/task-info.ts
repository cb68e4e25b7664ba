import type { TaskMetrics, TaskStatus } from '../task/index.ts'

/** A task as the operator sees it. */
export interface TaskInfo {
  readonly name: string
  readonly state: TaskStatus | 'standby'
  readonly lag: number
  readonly records: number
  readonly commits: number
  readonly restored: number
  readonly deadLetters: number
  readonly drops: Readonly<{ [reason: string]: number }>
  /** Of a standby that has caught up: what was committed longer ago than this is in it, milliseconds. */
  readonly ageMs?: number
}

export function taskInfo(name: string, state: TaskInfo['state'], metrics: TaskMetrics, lag: number): TaskInfo {
  const { records, commits, restored, deadLetters, drops } = metrics
  return { name, state, lag, records, commits, restored, deadLetters, drops: Object.fromEntries(drops) }
}
