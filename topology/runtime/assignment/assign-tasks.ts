/** What a member says of itself when it joins. */
export interface MemberState {
  readonly memberId: string
  /** Tasks it has open at the moment. */
  readonly held: readonly string[]
}

/**
 * Divides the tasks: everyone keeps what he holds as far as that is balanced (numbers differ by one at most), and a task that
 * another member still holds goes to nobody until that one has given it up and joined again.
 * The same input gives the same answer, whatever the order of the members.
 */
export function assignTasks(members: readonly MemberState[], tasks: readonly string[]): ReadonlyMap<string, readonly string[]> {
  if (members.length === 0) return new Map()
  const holders = new Map<string, string>()
  for (const { memberId, held } of byId(members)) for (const task of held) if (!holders.has(task)) holders.set(task, memberId)
  const heldCount = (memberId: string): number => tasks.filter((task) => holders.get(task) === memberId).length
  const sorted = byId(members).sort((a, b) => heldCount(b.memberId) - heldCount(a.memberId))
  const quota = Math.floor(tasks.length / members.length)
  const larger = tasks.length % members.length
  const shares = sorted.map(({ memberId }, at) => ({ memberId, size: quota + (at < larger ? 1 : 0), tasks: [] as string[] }))
  const homeless: string[] = []
  for (const task of tasks) {
    const share = shares.find(({ memberId }) => memberId === holders.get(task))
    if (share !== undefined && share.tasks.length < share.size) share.tasks.push(task)
    else homeless.push(task)
  }
  for (const task of homeless) {
    const share = shares.find((one) => one.tasks.length < one.size)
    if (share === undefined) throw new Error('The shares are smaller than the tasks')
    share.size--
    if (!holders.has(task)) {
      share.tasks.push(task)
      share.size++
    }
  }
  return new Map(shares.map(({ memberId, tasks: mine }) => [memberId, mine]))
}

function byId(members: readonly MemberState[]): MemberState[] {
  return members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
}
