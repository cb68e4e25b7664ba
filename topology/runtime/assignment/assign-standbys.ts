import type { MemberState, Share } from './assign-tasks.ts'

/**
 * Gives each task so many standbys, as far as there are other members: first those who stand by for it already, then those with the
 * fewest. What warms up counts among them.
 */
export function assignStandbys(
  members: readonly MemberState[],
  tasks: readonly string[],
  shares: ReadonlyMap<string, Share>,
  count: number,
): ReadonlyMap<string, readonly string[]> {
  const standbys = new Map(members.map(({ memberId }) => [memberId, [...(shares.get(memberId)?.warming ?? [])]]))
  const of = (memberId: string): string[] => standbys.get(memberId) ?? []
  for (const task of tasks) {
    const rank = ({ memberId, standing }: MemberState): number => (of(memberId).includes(task) ? 0 : standing.includes(task) ? 1 : 2)
    const candidates = members
      .filter(({ memberId, held }) => !held.includes(task) && shares.get(memberId)?.active.includes(task) !== true)
      .toSorted((a, b) => rank(a) - rank(b) || of(a.memberId).length - of(b.memberId).length || (a.memberId < b.memberId ? -1 : 1))
    for (const { memberId } of candidates.slice(0, count)) if (!of(memberId).includes(task)) of(memberId).push(task)
  }
  return standbys
}
