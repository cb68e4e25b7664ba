/** A member's part of its subscription that decides what it is assigned. */
export interface MemberState {
  readonly memberId: string
  /** Active tasks that it has open. */
  readonly owned: readonly string[]
  /** Tasks of other members of which it has a caught-up standby. */
  readonly caughtUp: readonly string[]
}

export interface Share {
  readonly active: readonly string[]
  /** Tasks that move here once their state has: standbys until then (warm-ups, KIP-441). */
  readonly warmups: readonly string[]
}

interface OpenShare {
  readonly member: MemberState
  /** How many tasks it gets in the end. */
  size: number
  readonly active: string[]
  readonly warmups: string[]
}

/**
 * Divides the tasks. Each member keeps what it owns as far as that is balanced (numbers differ by one at most), and a task that another member
 * still owns stays unassigned until it has been revoked there and that member has joined again (DECISIONS 14). With `warmUp` a task is not revoked before
 * another member has a caught-up standby of it, and a task without owner goes to a member with a caught-up standby, however many tasks that member
 * has (DECISIONS 93). The result does not depend on the order of the members.
 */
export function assignTasks(members: readonly MemberState[], tasks: readonly string[], warmUp = false): ReadonlyMap<string, Share> {
  if (members.length === 0) return new Map()
  const owners = new Map<string, string>()
  for (const { memberId, owned } of byId(members)) for (const task of owned) if (!owners.has(task)) owners.set(task, memberId)
  const ownedCount = (memberId: string): number => tasks.filter((task) => owners.get(task) === memberId).length
  const sorted = byId(members).sort((a, b) => ownedCount(b.memberId) - ownedCount(a.memberId))
  const quota = Math.floor(tasks.length / members.length)
  const larger = tasks.length % members.length
  const shares = sorted.map((member, at): OpenShare => ({ member, size: quota + (at < larger ? 1 : 0), active: [], warmups: [] }))
  const ownerOf = (task: string): OpenShare | undefined => shares.find(({ member }) => member.memberId === owners.get(task))
  const moving: string[] = []
  for (const task of tasks) {
    const share = ownerOf(task)
    if (share !== undefined && share.active.length < share.size) share.active.push(task)
    else moving.push(task)
  }
  const hasRoom = (share: OpenShare): boolean => share.active.length < share.size
  const isCaughtUp = (task: string) => (share: OpenShare) => share.member.caughtUp.includes(task)
  const isExpected = (task: string): boolean => shares.filter(hasRoom).some(isCaughtUp(task))
  const [expected, others] = [moving.filter(isExpected), moving.filter((task) => !isExpected(task))]
  for (const task of [...expected, ...others]) {
    const caughtUp = shares.filter(hasRoom).find(isCaughtUp(task))
    const share = caughtUp ?? shares.find(hasRoom)
    if (share === undefined) throw new Error(`No member has room for task ${task}: the shares do not add up to the ${tasks.length} tasks`)
    const owner = ownerOf(task)
    const hasItsState = owner ?? shares.find(isCaughtUp(task))
    const keeper = warmUp && caughtUp === undefined ? hasItsState : undefined
    if (keeper !== undefined) {
      share.size--
      share.warmups.push(task)
      keeper.size++
      keeper.active.push(task)
    } else if (owner === undefined) share.active.push(task)
    else share.size--
  }
  return new Map(shares.map(({ member, active, warmups }) => [member.memberId, { active, warmups }]))
}

function byId(members: readonly MemberState[]): MemberState[] {
  return members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
}
