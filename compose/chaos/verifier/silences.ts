/** A span of time during which a mishap had its effect. */
export interface Disturbance {
  readonly kind: string
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  /** Tasks to consider; undefined for all. */
  readonly tasks?: readonly string[]
}

/** Commit times of each task, ascending, milliseconds since the epoch. */
export type CommitTimes = ReadonlyMap<string, readonly number[]>

/** Kind under which overlapping disturbances are counted. */
export const SEVERAL = 'several'

/**
 * Longest time without a commit of any task, by kind of disturbance (DECISIONS 62): the longest gap between two consecutive commits that
 * overlaps the disturbance. Assumes that all tasks have work all the time.
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
