import type { MemberState, Share } from './assign-tasks.ts'

/**
 * Gives each task `count` standbys, as far as there are other members: first members that have one already, unless they have more than their
 * share, then those with the fewest. Warm-ups count as standbys. A member that has too many keeps a copy until an assignment finds it
 * caught up elsewhere (DECISIONS 81).
 */
export function assignStandbys(
  members: readonly MemberState[],
  tasks: readonly string[],
  shares: ReadonlyMap<string, Share>,
  count: number,
): ReadonlyMap<string, readonly string[]> {
  const fairShare = Math.ceil((tasks.length * Math.min(count, members.length - 1)) / members.length)
  const standbys = new Map(members.map(({ memberId }) => [memberId, [...(shares.get(memberId)?.warmups ?? [])]]))
  const keptForNow = new Map<string, string[]>(members.map(({ memberId }) => [memberId, []]))
  const standbysOf = (memberId: string): string[] => standbys.get(memberId) ?? []
  for (const task of tasks) {
    const isCaughtUp = ({ caughtUp }: MemberState): boolean => caughtUp.includes(task)
    const rank = (member: MemberState): number => {
      const own = standbysOf(member.memberId)
      if (own.includes(task)) return 0
      return isCaughtUp(member) && own.length < fairShare ? 1 : 2
    }
    const candidates = members
      .filter(({ memberId, owned }) => !owned.includes(task) && shares.get(memberId)?.active.includes(task) !== true)
      .toSorted(
        (a, b) => rank(a) - rank(b) || standbysOf(a.memberId).length - standbysOf(b.memberId).length || (a.memberId < b.memberId ? -1 : 1),
      )
    const [chosen, others] = [candidates.slice(0, count), candidates.slice(count)]
    for (const { memberId } of chosen) if (!standbysOf(memberId).includes(task)) standbysOf(memberId).push(task)
    const missing = chosen.filter((member) => !isCaughtUp(member)).length
    for (const { memberId } of others.filter(isCaughtUp).slice(0, missing)) keptForNow.get(memberId)?.push(task)
  }
  return new Map([...standbys].map(([memberId, copies]) => [memberId, [...copies, ...(keptForNow.get(memberId) ?? [])]]))
}
