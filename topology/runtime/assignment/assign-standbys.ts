import type { MemberState, Share } from './assign-tasks.ts'

/**
 * Gives each task so many standbys, as far as there are other members: first those who stand by for it already, unless they have more
 * than their share, then those with the fewest. What warms up counts among them. Who is to be relieved of a copy keeps it until the next
 * assignment that finds another one up to date.
 */
export function assignStandbys(
  members: readonly MemberState[],
  tasks: readonly string[],
  shares: ReadonlyMap<string, Share>,
  count: number,
): ReadonlyMap<string, readonly string[]> {
  const fair = Math.ceil((tasks.length * Math.min(count, members.length - 1)) / members.length)
  const standbys = new Map(members.map(({ memberId }) => [memberId, [...(shares.get(memberId)?.warming ?? [])]]))
  const relieved = new Map<string, string[]>(members.map(({ memberId }) => [memberId, []]))
  const of = (memberId: string): string[] => standbys.get(memberId) ?? []
  for (const task of tasks) {
    const isUpToDate = ({ standing }: MemberState): boolean => standing.includes(task)
    const rank = (member: MemberState): number => {
      const mine = of(member.memberId)
      if (mine.includes(task)) return 0
      return isUpToDate(member) && mine.length < fair ? 1 : 2
    }
    const candidates = members
      .filter(({ memberId, held }) => !held.includes(task) && shares.get(memberId)?.active.includes(task) !== true)
      .toSorted((a, b) => rank(a) - rank(b) || of(a.memberId).length - of(b.memberId).length || (a.memberId < b.memberId ? -1 : 1))
    const [chosen, others] = [candidates.slice(0, count), candidates.slice(count)]
    for (const { memberId } of chosen) if (!of(memberId).includes(task)) of(memberId).push(task)
    const missing = chosen.filter((member) => !isUpToDate(member)).length
    for (const { memberId } of others.filter(isUpToDate).slice(0, missing)) relieved.get(memberId)?.push(task)
  }
  return new Map([...standbys].map(([memberId, copies]) => [memberId, [...copies, ...(relieved.get(memberId) ?? [])]]))
}
