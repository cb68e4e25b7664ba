/** A task's counters since it was assigned. */
export interface TaskMetrics {
  records: number
  commits: number
  aborts: number
  restored: number
  /** How often the task was opened, the first time included. */
  openings: number
  deadLetters: number
  readonly drops: Map<string, number>
}

export function newTaskMetrics(): TaskMetrics {
  return { records: 0, commits: 0, aborts: 0, restored: 0, openings: 0, deadLetters: 0, drops: new Map() }
}
