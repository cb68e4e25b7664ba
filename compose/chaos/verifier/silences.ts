/** A span of time in which something was broken. */
export interface Disturbance {
  readonly kind: string
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  /** The tasks that are looked at; undefined: all. */
  readonly tasks?: readonly string[]
}

/** When a task committed, in order, milliseconds since the epoch. */
export type CommitTimes = ReadonlyMap<string, readonly number[]>

/** The kind of what happened while something else was not yet over. */
export const SEVERAL = 'several'

/**
 * The longest that any task went without a commit, by what had happened: the time between two commits of which the second came after the
 * beginning and the first before the end. All tasks are meant to have work all the time.
 */
export function silences(commits: CommitTimes, disturbances: readonly Disturbance[]): Readonly<Record<string, number>> {
  const longest: Record<string, number> = {}
  for (const disturbance of disturbances) {
    const { kind, from, to, tasks } = disturbance
    const isAlone = disturbances.every((other) => other === disturbance || other.from > to || other.to < from)
    const name = isAlone ? kind : SEVERAL
    for (const [task, times] of commits) {
      if (tasks !== undefined && !tasks.includes(task)) continue
      longest[name] = Math.max(longest[name] ?? 0, longestGap(times, from, to))
    }
  }
  return longest
}

function longestGap(times: readonly number[], from: number, to: number): number {
  let longest = 0
  for (const [at, time] of times.entries()) {
    const before = times[at - 1]
    if (before !== undefined && before < to && time > from) longest = Math.max(longest, time - before)
  }
  return longest
}
