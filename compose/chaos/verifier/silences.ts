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
  return byKind(commits, disturbances, (lengths) => Math.max(...lengths))
}

/** The same, but of each kind the disturbance in the middle. */
export function medianSilences(commits: CommitTimes, disturbances: readonly Disturbance[]): Readonly<Record<string, number>> {
  return byKind(commits, disturbances, (lengths) => lengths.toSorted((a, b) => a - b)[lengths.length >> 1] ?? 0)
}

function byKind(
  commits: CommitTimes,
  disturbances: readonly Disturbance[],
  figure: (lengths: readonly number[]) => number,
): Readonly<Record<string, number>> {
  const lengths: Record<string, number[]> = {}
  for (const disturbance of disturbances) {
    const { kind, from, to, tasks } = disturbance
    const isAlone = disturbances.every((other) => other === disturbance || other.from > to || other.to < from)
    const considered = [...commits].filter(([task]) => tasks === undefined || tasks.includes(task))
    const longest = Math.max(0, ...considered.map(([, times]) => longestGap(times, from, to)))
    ;(lengths[isAlone ? kind : SEVERAL] ??= []).push(longest)
  }
  return Object.fromEntries(Object.entries(lengths).map(([kind, ofKind]) => [kind, figure(ofKind)]))
}

function longestGap(times: readonly number[], from: number, to: number): number {
  let longest = 0
  for (const [at, time] of times.entries()) {
    const before = times[at - 1]
    if (before !== undefined && before < to && time > from) longest = Math.max(longest, time - before)
  }
  return longest
}
