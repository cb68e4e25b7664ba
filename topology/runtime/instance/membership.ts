import {
  FencedError,
  RebalanceInProgressError,
  UnknownMemberError,
  type GroupCoordinator,
  type GroupMember,
  type JoinAnswer,
  type TopicPartition,
} from '../../broker/index.ts'
import { FatalStreamsError, messageOf, TaskMigratedError } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import {
  assignGroup,
  decodeAssignment,
  encodeAssignment,
  encodeSubscription,
  GROUP_PROTOCOL,
  type Assignment,
  type Subscription,
} from '../assignment/index.ts'
import type { CommitIdentity } from '../commit/index.ts'
import { faultOf } from '../fault.ts'
import { OutageLog } from '../outage-log.ts'
import { Wakeup } from '../wakeup.ts'

export interface MembershipOptions {
  readonly groupId: string
  readonly groups: GroupCoordinator
  readonly ports: Ports
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** Also the rebalance timeout, as in Kafka Streams: the group waits for a member whose thread is busy for no longer. */
  readonly maxPollIntervalMs: number
  /** Standbys of each task on other instances. With any, a task moves only to an instance with a caught-up standby. */
  readonly standbys: number
}

/** What the membership asks its instance for, and notifies it of. */
export interface MembershipHandler {
  /** All tasks of the application, as its members know them by their `taskCounts`: what the leader divides. */
  allTasks(reported: readonly (readonly number[])[]): readonly string[]
  subscription(): Omit<Subscription, 'round' | 'acceptedIn'>
  /** All topics that the application reads, by their names on the broker. */
  sourceTopics(): readonly string[]
  /** What the task reads. */
  partitionsOf(task: string): readonly TopicPartition[]
  /** A rebalance has begun; tasks go on running. */
  onRebalance(): void
  /** Resolves when the tasks that are not in the assignment have been revoked; true when there were any. */
  onAssignment(assignment: Assignment): Promise<boolean>
  /** The group no longer knows this member: other members may own its tasks. */
  onLost(cause: unknown): Promise<void>
  /** Another process runs under the same instance id: this one has to fail. */
  onReplaced(cause: unknown): void
  /** The coordinator rejects this client for good. */
  onFatal(error: unknown): void
}

const RETRY_MS = 200
const MAX_REPLACEMENTS = 3
/** Replacements count for so many sessions. */
const REPLACEMENT_SESSIONS = 5

/**
 * The instance's membership in its group, a static one (KIP-345): an instance that comes back under the same instance id within its session gets its
 * tasks back without a rebalance. It joins, sends heartbeats of its own, and joins again when the group rebalances. Tasks that stay are
 * not touched by any of it.
 */
export class Membership implements CommitIdentity {
  readonly #options: MembershipOptions
  readonly #stopped = new AbortController()
  readonly #outage: OutageLog
  readonly #urgent = new Wakeup()
  #keptAlive = Promise.resolve()
  #member: GroupMember
  /** Callers that wait for the next generation. */
  readonly #awaitingGeneration: (() => void)[] = []
  #running: Promise<void> | undefined
  #isJoining = false
  #wantsToJoin = false
  #round = 0
  /** The last generation in which a leader accepted this instance's topology. */
  #acceptedIn = -1
  /** Monotonic times at which another process took this instance id. */
  #replacements: readonly number[] = []

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#outage = new OutageLog(options.ports.clock, options.ports.logger)
    this.#member = { groupId: options.groupId, memberId: '', generation: -1 }
  }

  /** The group's generation as of the last join; -1 while the instance is not a member. */
  get generation(): number {
    return this.#member.generation
  }

  /** Why the group coordinator cannot be reached at the moment. */
  get obstacle(): string | undefined {
    return this.#outage.reason
  }

  /** Throws `TaskMigratedError` while the instance is not a member: Kafka does not fence a commit that carries no generation (KIP-447). */
  member(): GroupMember {
    if (this.#member.generation < 0) throw new TaskMigratedError(`This instance is not a member of group ${this.#member.groupId}.`)
    return this.#member
  }

  /**
   * The member once the group is past a generation. Throws `TaskMigratedError` when the group has rebalanced without this instance, or the instance
   * stops: the coordinator waits for a member only until the rebalance timeout, and then keeps a static one in the group.
   */
  async memberAfter(generation: number): Promise<GroupMember> {
    while (this.member().generation === generation) {
      this.#stopped.signal.throwIfAborted()
      if (!this.#isJoining)
        throw new TaskMigratedError(`Group ${this.#member.groupId} has begun its next generation without this instance.`)
      await new Promise<void>((resolve) => this.#awaitingGeneration.push(resolve))
    }
    return this.member()
  }

  /** Whether the coordinator still accepts this member's heartbeat. */
  async isMember(): Promise<boolean> {
    try {
      await this.#options.groups.heartbeat(this.#member)
      return true
    } catch (error) {
      return error instanceof RebalanceInProgressError
    }
  }

  start(handler: MembershipHandler): void {
    this.#running = this.#run(handler)
  }

  /** Has the group rebalance at the next heartbeat, with the subscription as it is by then. */
  rejoin(): void {
    this.#wantsToJoin = true
  }

  /** The same at once: the group waits for the members. */
  rejoinNow(): void {
    this.#wantsToJoin = true
    this.#urgent.raise()
  }

  /** Sends LeaveGroup, so that the other members take over at once. */
  async leave(): Promise<void> {
    this.abandon()
    await this.#running
    const { groups, groupId, ports } = this.#options
    if (this.#member.memberId === '') return
    try {
      await groups.leave(groupId, this.#member.memberId)
    } catch (error) {
      ports.logger.warn('LeaveGroup failed; the other members take over when the session has timed out', {
        group: groupId,
        error: String(error),
      })
    }
  }

  /** Stops without LeaveGroup, as a crash would. */
  abandon(): void {
    this.#stopped.abort(new TaskMigratedError('The instance is stopping'))
    void this.#options.groups.release(this.#member.groupId, this.#member.memberId)
    this.#wake()
  }

  async #run(handler: MembershipHandler): Promise<void> {
    const { groupId, ports } = this.#options
    while (!this.#stopped.signal.aborted) {
      try {
        const joinsAgain = await this.#join(handler)
        this.#outage.recovered('the group coordinator answers again', { group: groupId })
        if (!joinsAgain) await this.#heartbeats()
      } catch (error) {
        if (this.#stopped.signal.aborted) return
        if (error instanceof UnknownMemberError || error instanceof FencedError) {
          const isReplaced = error instanceof FencedError && this.#isJoining
          const memberId = error instanceof FencedError && !isReplaced ? this.#member.memberId : ''
          this.#become({ ...this.#member, memberId, generation: -1 })
          await handler.onLost(error)
          if (isReplaced && !(await this.#mayRejoin())) return handler.onReplaced(error)
        } else if (!(error instanceof RebalanceInProgressError)) {
          if (faultOf(error) === 'application') return handler.onFatal(error)
          this.#outage.failed('the group coordinator cannot be reached', messageOf(error), { code: 'group-unreachable', group: groupId })
          await ports.timers.sleep(RETRY_MS)
        }
      }
    }
  }

  /**
   * A single replacement may be a late request of this instance's former process; several within a few sessions mean that another process
   * runs under the same instance id.
   */
  async #mayRejoin(): Promise<boolean> {
    const { ports, sessionTimeoutMs, heartbeatIntervalMs } = this.#options
    const now = ports.clock.monotonic()
    this.#replacements = [...this.#replacements.filter((time) => now - time < REPLACEMENT_SESSIONS * sessionTimeoutMs), now]
    if (this.#replacements.length >= MAX_REPLACEMENTS) return false
    await ports.timers.sleep(heartbeatIntervalMs)
    return true
  }

  /** Resolves with true when the member has to join again, because tasks move or its subscription has changed. */
  async #join(handler: MembershipHandler): Promise<boolean> {
    const { groupId, groups, sessionTimeoutMs, maxPollIntervalMs } = this.#options
    this.#wantsToJoin = false
    handler.onRebalance()
    const subscription = { ...handler.subscription(), round: this.#round, acceptedIn: this.#acceptedIn }
    const reads = { topics: handler.sourceTopics(), owned: subscription.owned.flatMap((task) => handler.partitionsOf(task)) }
    this.#isJoining = true
    const answer = await groups.join({
      groupId,
      protocol: GROUP_PROTOCOL,
      memberId: this.#member.memberId,
      instanceId: subscription.instanceId,
      metadata: encodeSubscription(subscription, reads),
      sessionTimeoutMs,
      rebalanceTimeoutMs: maxPollIntervalMs,
    })
    this.#isJoining = false
    this.#become({ groupId, memberId: answer.memberId, generation: answer.generation })
    if (this.#stopped.signal.aborted) return false
    const isLeader = answer.leaderId === answer.memberId
    const assignments = isLeader ? this.#assign(answer, handler) : new Map<string, Uint8Array>()
    const bytes = await groups.sync({ ...this.#member, assignments })
    if (this.#stopped.signal.aborted) return false
    await this.#keptAlive // the tasks may block the thread with their first record
    const assignment = decodeAssignment(bytes)
    const joinsAgain = await this.#take(handler, assignment, subscription)
    if (joinsAgain) this.#round++
    return joinsAgain
  }

  /** Resolves with true when the member has to join again. */
  async #take(handler: MembershipHandler, assignment: Assignment, subscription: Subscription): Promise<boolean> {
    const { generation, topology, refusal } = assignment
    const isUnread = refusal !== undefined && topology === ''
    // This instance has restarted with another topology, which no leader has compared yet.
    if (generation >= 0 && topology !== subscription.topology.digest && !isUnread) return true
    if (refusal !== undefined) throw refused(this.#options.groupId, subscription.instanceId, refusal)
    if (generation >= 0) this.#acceptedIn = generation
    const hasRevoked = await this.#whileBeating(handler.onAssignment(assignment))
    return hasRevoked || assignment.needsFollowUp || isEndpointOutdated(assignment, subscription)
  }

  #become(member: GroupMember): void {
    const { groups, heartbeatIntervalMs, maxPollIntervalMs } = this.#options
    const { memberId: former } = this.#member
    this.#member = member
    if (former !== '' && (former !== member.memberId || member.generation < 0)) void groups.release(member.groupId, former)
    if (member.generation >= 0 && !this.#stopped.signal.aborted)
      this.#keptAlive = groups.keepAlive(member, { heartbeatIntervalMs, maxPollIntervalMs })
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#awaitingGeneration.splice(0)) wake()
  }

  /** As the leader: the assignment of every member. */
  #assign({ generation, members }: JoinAnswer, handler: MembershipHandler): ReadonlyMap<string, Uint8Array> {
    const { groupId: group, ports, standbys } = this.#options
    const tasks = (reported: readonly (readonly number[])[]): readonly string[] => handler.allTasks(reported)
    const { assignments, refused, different } = assignGroup({ generation, members, tasks, standbys })
    for (const { memberId: member, reasons } of refused)
      ports.logger.error('a member is refused: it gets no tasks', { code: 'member-refused', group, member, reasons })
    for (const { memberId: member, reasons } of different)
      ports.logger.info('the topology of a member differs compatibly from that of the group', { group, member, reasons })
    return new Map(
      [...assignments].map(([memberId, assignment]) => {
        const partitions = assignment.active.flatMap((task) => handler.partitionsOf(task))
        return [memberId, encodeAssignment(assignment, partitions)]
      }),
    )
  }

  /** Throws what a heartbeat throws, which is how the coordinator announces a rebalance. Returns when this member wants one. */
  async #heartbeats(): Promise<void> {
    const { groups, heartbeatIntervalMs, ports } = this.#options
    while (!this.#stopped.signal.aborted) {
      await Promise.race([ports.timers.sleep(heartbeatIntervalMs, this.#stopped.signal), this.#urgent.wait()])
      if (this.#wantsToJoin) {
        this.#round++
        return
      }
      await groups.heartbeat(this.#member)
    }
  }

  /**
   * Revoking tasks may take longer than a session. A revocation that takes two of them will not end: heartbeats do, so that the group goes on without
   * this member.
   */
  async #whileBeating(work: Promise<boolean>): Promise<boolean> {
    const { groups, heartbeatIntervalMs, ports, sessionTimeoutMs } = this.#options
    const end = ports.clock.monotonic() + 2 * sessionTimeoutMs
    let done = false
    const beat = (): void => {
      if (done || this.#stopped.signal.aborted || ports.clock.monotonic() > end) return
      groups.heartbeat(this.#member).catch(() => undefined) // the next regular heartbeat gets the same answer
      timer = ports.timers.setTimeout(beat, heartbeatIntervalMs)
    }
    let timer = ports.timers.setTimeout(beat, heartbeatIntervalMs)
    try {
      return await work
    } finally {
      done = true
      timer.cancel()
    }
  }
}

/** The instance came back at another address than the other members know: they learn of it when it joins again. */
function isEndpointOutdated({ owners }: Assignment, { instanceId, endpoint }: Subscription): boolean {
  const known = owners.find((owner) => owner.instanceId === instanceId)
  return known !== undefined && known.endpoint !== endpoint
}

function refused(groupId: string, instanceId: string, reasons: readonly string[]): FatalStreamsError {
  return new FatalStreamsError(
    `Group ${groupId} refuses instance ${instanceId}, because it does not fit the members that run (here: this instance, there: the group): ` +
      `${reasons.join('; ')}. Run one version in a group: stop all its instances before starting this one, or give this one another application id.`,
  )
}
