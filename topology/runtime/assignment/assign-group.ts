import { messageOf } from '../../errors.ts'
import { compareOutlines, type TopologyOutline } from '../../graph/index.ts'
import { assignStandbys } from './assign-standbys.ts'
import { assignTasks } from './assign-tasks.ts'
import { decodeSubscription, type Assignment, type Subscription } from './messages.ts'

export interface GroupToAssign {
  readonly generation: number
  /** `metadata`: encoded subscriptions, of which the leader can trust none but its own to be readable. */
  readonly members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[]
  /** All tasks of the application, as the accepted members know them by their `taskCounts`. */
  tasks(reported: readonly (readonly number[])[]): readonly string[]
  /** Standbys of each task on other members. With any, a task moves only to a member with a caught-up standby. */
  readonly standbys: number
}

export interface GroupAssignment {
  /** By member id; of refused members, too. */
  readonly assignments: ReadonlyMap<string, Assignment>
  readonly refused: readonly MemberReasons[]
  /** Members whose topology differs in ways that do no harm. */
  readonly different: readonly MemberReasons[]
}

export interface MemberReasons {
  readonly memberId: string
  /** One line each. */
  readonly reasons: readonly string[]
}

type Member = Subscription & { readonly memberId: string }

/**
 * What the leader does: refuses members that it cannot read, or whose topology does not fit the group's, and divides the tasks among the others. The
 * result depends on what the members say only, not on which of them leads.
 */
export function assignGroup({ generation, members: joined, tasks: allTasks, standbys: standbyCount }: GroupToAssign): GroupAssignment {
  const read = joined.map(readMember)
  const readable = read.flatMap(({ member }) => (member === undefined ? [] : [member]))
  const reference = groupsTopology(readable)
  const compared = readable.map((member) => ({ member, ...compareOutlines(member.topology, reference ?? member.topology) }))
  const members = compared.filter(({ incompatible }) => incompatible.length === 0).map(({ member }) => member)
  const refused = [
    ...read.flatMap(({ memberId, error }) => (error === undefined ? [] : [{ memberId, topology: '', reasons: [error] }])),
    ...compared
      .filter(({ incompatible }) => incompatible.length > 0)
      .map(({ member, incompatible }) => ({ memberId: member.memberId, topology: member.topology.digest, reasons: incompatible })),
  ]
  const tasks = allTasks(members.map(({ taskCounts = [] }) => taskCounts))
  const shares = assignTasks(members, tasks, standbyCount > 0)
  const standbys = assignStandbys(members, tasks, shares, standbyCount)
  const activeOf = (memberId: string): readonly string[] => shares.get(memberId)?.active ?? []
  const owners = members.map(({ memberId, instanceId, endpoint }) => ({
    instanceId,
    memberId,
    tasks: activeOf(memberId),
    standbys: standbys.get(memberId) ?? [],
    ...(endpoint === undefined ? {} : { endpoint }),
  }))
  const needsFollowUp = members.some(({ memberId, owned }) => owned.some((task) => !activeOf(memberId).includes(task)))
  const accepted = members.map(({ memberId, topology }): readonly [string, Assignment] => {
    const { warmups = [] } = shares.get(memberId) ?? {}
    const standby = standbys.get(memberId) ?? []
    return [memberId, { generation, topology: topology.digest, active: activeOf(memberId), standby, warmups, needsFollowUp, owners }]
  })
  const refusals = refused.map(({ memberId, topology, reasons }): readonly [string, Assignment] => [
    memberId,
    { generation, topology, refusal: reasons, active: [], standby: [], warmups: [], needsFollowUp: false, owners },
  ])
  return {
    assignments: new Map([...accepted, ...refusals]),
    refused,
    different: compared
      .filter(({ incompatible, compatible }) => incompatible.length === 0 && compatible.length > 0)
      .map(({ member, compatible }) => ({ memberId: member.memberId, reasons: compatible })),
  }
}

interface ReadMember {
  readonly memberId: string
  readonly member?: Member
  readonly error?: string
}

function readMember({ memberId, metadata }: GroupToAssign['members'][number]): ReadMember {
  try {
    return { memberId, member: { ...decodeSubscription(metadata), memberId } }
  } catch (error) {
    return { memberId, error: messageOf(error) }
  }
}

/**
 * The topology that the others are compared with: that of the members that the group's last generation accepted, so that a member that joins never
 * displaces those that run. Among several the most frequent one; then the lesser digest, so that each leader decides alike.
 */
function groupsTopology(members: readonly Member[]): TopologyOutline | undefined {
  const latest = Math.max(...members.map(({ acceptedIn }) => acceptedIn))
  const candidates = members.filter(({ acceptedIn }) => acceptedIn === latest).map(({ topology }) => topology)
  const votes = (topology: TopologyOutline): number => candidates.filter(({ digest }) => digest === topology.digest).length
  const [chosen] = candidates.toSorted((a, b) => votes(b) - votes(a) || (a.digest < b.digest ? -1 : 1))
  return chosen
}
