import {
  FencedError,
  RebalanceInProgressError,
  UnknownMemberError,
  type GroupCoordinator,
  type GroupMember,
  type JoinAnswer,
} from '../../broker/index.ts'
import type { Ports } from '../../ports.ts'
import {
  type Assignment,
  assignStandbys,
  assignTasks,
  decodeAssignment,
  decodeSubscription,
  encode,
  type Subscription,
} from '../assignment/index.ts'
import { TaskMigratedError } from '../../errors.ts'

export interface MembershipOptions {
  readonly groupId: string
  readonly groups: GroupCoordinator
  readonly ports: Ports
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  /** All tasks there are: what the leader divides. */
  tasks(): readonly string[]
  /** Copies of each task's state on other instances. With any, a task moves only where such a copy is. */
  readonly standbys: number
  subscription(): Omit<Subscription, 'round'>
  /** A rebalance has begun; tasks go on running. */
  onRebalance(): void
  /** Resolves when the tasks that are not in it have been given up; true when there were any. */
  onAssignment(assignment: Assignment): Promise<boolean>
  /** The group does not know this member any more: others may have its tasks. */
  onLost(): Promise<void>
  /** Another instance runs under the same id: this one has to end. */
  onReplaced(cause: unknown): void
}

const RETRY_MS = 200
const MAX_REPLACEMENTS = 3
const REMEMBERED_SESSIONS = 5

/**
 * The instance's place in its group, a static one: who comes back under the same instance id within the session gets its tasks
 * back without a rebalance. It joins, keeps itself alive by heartbeats of its own, joins again when the group gathers.
 * Tasks that stay are not touched by any of it.
 */
export class Membership {
  readonly #options: MembershipOptions
  readonly #stopped = new AbortController()
  #member: GroupMember
  /** Who waits for another generation. */
  readonly #awaiting: (() => void)[] = []
  #running: Promise<void> | undefined
  #isJoining = false
  #wantsToJoin = false
  #round = 0
  /** When this member was replaced by another of the same instance id, lately. */
  #replacements: readonly number[] = []

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#member = { groupId: options.groupId, memberId: '', generation: -1 }
  }

  /** The group's, as of the last time that this instance joined; -1 while it is out. */
  get generation(): number {
    return this.#member.generation
  }

  /** As whom offsets are stored. Throws `TaskMigratedError` when it is out: who names no generation is an outsider, and refused nothing. */
  member(): GroupMember {
    if (this.#member.generation < 0) throw new TaskMigratedError('This instance is not in the group any more, or not yet.')
    return this.#member
  }

  /**
   * The same once the group has gone on from a generation. Throws `TaskMigratedError` when it goes on without this instance, or that stops:
   * a group does not wait for ever for a member that gives tasks up, and keeps its place if it is a static one.
   */
  async memberAfter(generation: number): Promise<GroupMember> {
    while (this.member().generation === generation) {
      this.#stopped.signal.throwIfAborted()
      if (!this.#isJoining) throw new TaskMigratedError('The group has gone on to its next generation without this instance.')
      await new Promise<void>((resolve) => this.#awaiting.push(resolve))
    }
    return this.member()
  }

  /** Asks the group whether it still counts this member in. */
  async confirm(): Promise<boolean> {
    try {
      await this.#options.groups.heartbeat(this.#member)
      return true
    } catch (error) {
      return error instanceof RebalanceInProgressError
    }
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Has the group divide the tasks anew, with what this member says of itself by then: at the next heartbeat. */
  joinAgain(): void {
    this.#wantsToJoin = true
  }

  /** Leaves the group, so that the others take over at once. */
  async leave(): Promise<void> {
    this.abandon()
    await this.#running
    const { groups, groupId, ports } = this.#options
    if (this.#member.memberId === '') return
    try {
      await groups.leave(groupId, this.#member.memberId)
    } catch (error) {
      ports.logger.warn('could not leave the group; it will notice when the session is over', { error: String(error) })
    }
  }

  /** Falls silent, as a crash would. */
  abandon(): void {
    this.#stopped.abort(new TaskMigratedError('The instance stops'))
    this.#wake()
  }

  async #run(): Promise<void> {
    const { ports } = this.#options
    while (!this.#stopped.signal.aborted) {
      try {
        const joinsAgain = await this.#join()
        if (!joinsAgain) await this.#heartbeats()
      } catch (error) {
        if (this.#stopped.signal.aborted) return
        if (error instanceof UnknownMemberError || error instanceof FencedError) {
          const isReplaced = error instanceof FencedError && this.#isJoining
          const memberId = error instanceof FencedError && !isReplaced ? this.#member.memberId : ''
          this.#become({ ...this.#member, memberId, generation: -1 })
          await this.#options.onLost()
          if (isReplaced && !(await this.#mayComeBack())) return this.#options.onReplaced(error)
        } else if (!(error instanceof RebalanceInProgressError)) {
          ports.logger.warn('the group could not be reached', { error: String(error) })
          await ports.timers.sleep(RETRY_MS)
        }
      }
    }
  }

  /**
   * Replaced once, it may have been a late request of this instance's former life; replaced again and again, another one
   * lives under the same id.
   */
  async #mayComeBack(): Promise<boolean> {
    const { ports, sessionTimeoutMs, heartbeatIntervalMs } = this.#options
    const now = ports.clock.monotonic()
    this.#replacements = [...this.#replacements.filter((time) => now - time < REMEMBERED_SESSIONS * sessionTimeoutMs), now]
    if (this.#replacements.length >= MAX_REPLACEMENTS) return false
    await ports.timers.sleep(heartbeatIntervalMs)
    return true
  }

  /** Answers whether it has to join again, because tasks change hands or to be heard. */
  async #join(): Promise<boolean> {
    const { groupId, groups, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    this.#wantsToJoin = false
    this.#options.onRebalance()
    const subscription = { ...this.#options.subscription(), round: this.#round }
    this.#isJoining = true
    const answer = await groups.join({
      groupId,
      memberId: this.#member.memberId,
      instanceId: subscription.instanceId,
      metadata: encode(subscription),
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    })
    this.#isJoining = false
    this.#become({ groupId, memberId: answer.memberId, generation: answer.generation })
    if (this.#stopped.signal.aborted) return false
    const assignments = answer.leaderId === answer.memberId ? this.#divide(answer) : new Map<string, Uint8Array>()
    const bytes = await groups.sync({ ...this.#member, assignments })
    if (this.#stopped.signal.aborted) return false
    const assignment = decodeAssignment(bytes)
    const hasGivenUp = await this.#whileBeating(this.#options.onAssignment(assignment))
    const joinsAgain = hasGivenUp || assignment.isHandover || isOutdated(assignment, subscription)
    if (joinsAgain) this.#round++
    return joinsAgain
  }

  #become(member: GroupMember): void {
    this.#member = member
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#awaiting.splice(0)) wake()
  }

  #divide({ generation, members }: JoinAnswer): ReadonlyMap<string, Uint8Array> {
    const subscriptions = members.map(({ memberId, metadata }) => ({ memberId, ...decodeSubscription(metadata) }))
    const tasks = this.#options.tasks()
    const shares = assignTasks(subscriptions, tasks, this.#options.standbys > 0)
    const standbys = assignStandbys(subscriptions, tasks, shares, this.#options.standbys)
    const activeOf = (memberId: string): readonly string[] => shares.get(memberId)?.active ?? []
    const owners = subscriptions.map(({ memberId, instanceId, endpoint }) => ({
      instanceId,
      tasks: activeOf(memberId),
      standbys: standbys.get(memberId) ?? [],
      ...(endpoint === undefined ? {} : { endpoint }),
    }))
    const isHandover = subscriptions.some(({ memberId, held }) => held.some((task) => !activeOf(memberId).includes(task)))
    return new Map(
      subscriptions.map(({ memberId }) => {
        const { warming = [] } = shares.get(memberId) ?? {}
        const standby = standbys.get(memberId) ?? []
        return [memberId, encode({ generation, active: activeOf(memberId), standby, warming, isHandover, owners })]
      }),
    )
  }

  /** Throws what a heartbeat throws: that is how the group calls its members together. Returns when this one calls them. */
  async #heartbeats(): Promise<void> {
    const { groups, heartbeatIntervalMs, ports } = this.#options
    while (!this.#stopped.signal.aborted) {
      await ports.timers.sleep(heartbeatIntervalMs, this.#stopped.signal)
      if (this.#wantsToJoin) {
        this.#round++
        return
      }
      await groups.heartbeat(this.#member)
    }
  }

  /** Giving tasks up may take longer than a session. */
  async #whileBeating(work: Promise<boolean>): Promise<boolean> {
    const { groups, heartbeatIntervalMs, ports } = this.#options
    let done = false
    const beat = (): void => {
      if (done || this.#stopped.signal.aborted) return
      groups.heartbeat(this.#member).catch(() => undefined)
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

/** An instance that came back at another address than the others were told of: they hear of it when it joins again. */
function isOutdated({ owners }: Assignment, { instanceId, endpoint }: Subscription): boolean {
  const known = owners.find((owner) => owner.instanceId === instanceId)
  return known !== undefined && known.endpoint !== endpoint
}
