/** What a member says of itself when it joins. */
export interface MemberState {
  readonly memberId: string
  /** Tasks it has open at the moment. */
  readonly held: readonly string[]
  /** Tasks of others whose state it has a copy of that is up to date. */
  readonly standing: readonly string[]
}

export interface Share {
  readonly active: readonly string[]
  /** Tasks that are to move here when their state does: a standby until then. */
  readonly warming: readonly string[]
}

interface OpenShare {
  readonly member: MemberState
  /** How many tasks it is to have in the end. */
  size: number
  readonly active: string[]
  readonly warming: string[]
}

/**
 * Divides the tasks: everyone keeps what he holds as far as that is balanced (numbers differ by one at most), and a task that
 * another member still holds goes to nobody until that one has given it up and joined again. With `warmUp` it is not given up before
 * somebody stands by for it, and one that nobody holds goes to who stands by for it, however many he has. The same input gives the same
 * answer, whatever the order of the members.
 */
export function assignTasks(members: readonly MemberState[], tasks: readonly string[], warmUp = false): ReadonlyMap<string, Share> {
  if (members.length === 0) return new Map()
  const holders = new Map<string, string>()
  for (const { memberId, held } of byId(members)) for (const task of held) if (!holders.has(task)) holders.set(task, memberId)
  const heldCount = (memberId: string): number => tasks.filter((task) => holders.get(task) === memberId).length
  const sorted = byId(members).sort((a, b) => heldCount(b.memberId) - heldCount(a.memberId))
  const quota = Math.floor(tasks.length / members.length)
  const larger = tasks.length % members.length
  const shares = sorted.map((member, at): OpenShare => ({ member, size: quota + (at < larger ? 1 : 0), active: [], warming: [] }))
  const holderOf = (task: string): OpenShare | undefined => shares.find(({ member }) => member.memberId === holders.get(task))
  const homeless: string[] = []
  for (const task of tasks) {
    const share = holderOf(task)
    if (share !== undefined && share.active.length < share.size) share.active.push(task)
    else homeless.push(task)
  }
  const hasRoom = (share: OpenShare): boolean => share.active.length < share.size
  const isStanding = (task: string) => (share: OpenShare) => share.member.standing.includes(task)
  const isExpected = (task: string): boolean => shares.filter(hasRoom).some(isStanding(task))
  const [expected, others] = [homeless.filter(isExpected), homeless.filter((task) => !isExpected(task))]
  for (const task of [...expected, ...others]) {
    const standing = shares.filter(hasRoom).find(isStanding(task))
    const share = standing ?? shares.find(hasRoom)
    if (share === undefined) throw new Error('The shares are smaller than the tasks')
    const holder = holderOf(task)
    const hasItsState = holder ?? shares.find(isStanding(task))
    const keeper = warmUp && standing === undefined ? hasItsState : undefined
    if (keeper !== undefined) {
      share.size--
      share.warming.push(task)
      keeper.size++
      keeper.active.push(task)
    } else if (holder === undefined) share.active.push(task)
    else share.size--
  }
  return new Map(shares.map(({ member, active, warming }) => [member.memberId, { active, warming }]))
}

function byId(members: readonly MemberState[]): MemberState[] {
  return members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
}
