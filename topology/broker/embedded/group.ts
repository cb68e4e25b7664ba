import type { Ports, TimerHandle } from '../../ports.ts'
import type { DescribedMember, GroupMember, GroupProtocol, JoinAnswer, JoinRequest, StaticMember, SyncRequest } from '../broker.ts'
import { FencedError, RebalanceInProgressError, StaleGenerationError, UnknownMemberError } from '../errors.ts'
import { inconsistentProtocol } from '../inconsistent-protocol.ts'

/** How many ids of replaced static members are remembered, so that a zombie is fenced instead of unknown. */
const REPLACED_KEPT = 64

type GroupState = 'empty' | 'preparingRebalance' | 'completingRebalance' | 'stable'

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

interface Member {
  readonly memberId: string
  readonly instanceId: string | undefined
  metadata: Uint8Array
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  assignment: Uint8Array
  /** Pending join and sync calls. A call repeated after a lost response waits beside the first one. */
  readonly joining: Waiter<JoinAnswer>[]
  readonly syncing: Waiter<Uint8Array>[]
  lastSeen: number
  session: TimerHandle | undefined
}

/**
 * One consumer group as a state machine with Kafka's states: `empty` → `preparingRebalance` (joins wait for all members) →
 * `completingRebalance` (syncs wait for the leader's assignments) → `stable`. It lives in memory only: after a restart of the broker all
 * members are unknown and join as new ones.
 */
export class Group {
  readonly #groupId: string
  readonly #ports: Ports
  readonly #initialDelayMs: number
  readonly #members = new Map<string, Member>()
  readonly #replaced = new Set<string>()
  #state: GroupState = 'empty'
  #generation = 0
  #leaderId = ''
  /** That of all members; undefined while the group never had any. */
  #protocol: GroupProtocol | undefined
  #deadline: TimerHandle | undefined
  /** Whether the first rebalance of an empty group still waits for more members (`group.initial.rebalance.delay.ms`). */
  #isInitialDelay = false

  constructor(groupId: string, ports: Ports, initialDelayMs: number) {
    this.#groupId = groupId
    this.#ports = ports
    this.#initialDelayMs = initialDelayMs
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  /** The assignment of each member. Undefined during a rebalance. */
  get assignments(): ReadonlyMap<string, Uint8Array> | undefined {
    if (this.#state === 'preparingRebalance' || this.#state === 'completingRebalance') return undefined
    return new Map([...this.#members.values()].map(({ memberId, assignment }) => [memberId, assignment]))
  }

  /** Like Kafka, without metadata during a rebalance. */
  get members(): readonly DescribedMember[] {
    const isStable = this.#state === 'stable'
    return [...this.#members.values()].map(({ memberId, instanceId, metadata }) => ({
      memberId,
      metadata: isStable ? metadata : new Uint8Array(0),
      ...(instanceId === undefined ? {} : { instanceId }),
    }))
  }

  join(request: JoinRequest): Promise<JoinAnswer> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      this.#adopt(request.protocol)
      if (request.memberId !== '') return this.#rejoin(this.#known(request.memberId), request, waiter)
      const former = this.#memberOfInstance(request.instanceId)
      if (former !== undefined) return this.#replace(former, request, waiter)
      const member = this.#add(request)
      member.joining.push(waiter)
      this.#rebalance()
    })
  }

  async sync(request: SyncRequest): Promise<Uint8Array> {
    const member = this.#checked(request)
    this.#touch(member)
    if (this.#state === 'preparingRebalance') throw this.#rebalanceInProgress()
    if (this.#state === 'stable') return member.assignment
    const answer = new Promise<Uint8Array>((resolve, reject) => member.syncing.push({ resolve, reject }))
    if (member.memberId === this.#leaderId) this.#assign(request.assignments)
    return answer
  }

  heartbeat(request: GroupMember): void {
    this.#touch(this.#checked(request))
    if (this.#state === 'preparingRebalance') throw this.#rebalanceInProgress()
  }

  leave(memberId: string): void {
    this.#remove(this.#known(memberId), new UnknownMemberError(`Member ${memberId} has left group ${this.#groupId}: join as a new member.`))
  }

  removeStatic({ memberId, instanceId }: StaticMember): void {
    const member = this.#memberOfInstance(instanceId)
    if (member === undefined)
      throw new UnknownMemberError(`Group ${this.#groupId} has no member with the instance id ${instanceId}: it may have left already.`)
    if (member.memberId !== memberId) throw this.#replacedError(memberId)
    this.leave(memberId)
  }

  /** Throws unless this is a member of the current generation. */
  checkMember(request: GroupMember): void {
    this.#checked(request)
  }

  /** Rejects all pending calls and cancels all timers. */
  end(reason: Error): void {
    this.#deadline?.cancel()
    for (const member of this.#members.values()) dismiss(member, reason)
    this.#members.clear()
    this.#state = 'empty'
  }

  /* ------------------------------------------------------------------------------------------ joining */

  /** All members have one protocol; an empty group takes that of its next member. */
  #adopt(protocol: GroupProtocol): void {
    if (this.isEmpty) this.#protocol = protocol
    else if (this.#protocol?.type !== protocol.type || this.#protocol.name !== protocol.name) throw inconsistentProtocol(this.#groupId)
  }

  #rejoin(member: Member, request: JoinRequest, waiter: Waiter<JoinAnswer>): void {
    this.#touch(member)
    const isChanged = Buffer.compare(member.metadata, request.metadata) !== 0
    Object.assign(member, timeouts(request), { metadata: request.metadata })
    const isAnsweredAtOnce =
      !isChanged && (this.#state === 'completingRebalance' || (this.#state === 'stable' && member.memberId !== this.#leaderId))
    if (isAnsweredAtOnce) return waiter.resolve(this.#answerFor(member))
    member.joining.push(waiter)
    this.#rebalance()
  }

  /** A static member returns with a new member id: it keeps its assignment, and a stable group does not rebalance (KIP-345). */
  #replace(former: Member, request: JoinRequest, waiter: Waiter<JoinAnswer>): void {
    const member = this.#add(request)
    member.assignment = former.assignment
    if (this.#leaderId === former.memberId) this.#leaderId = member.memberId
    this.#members.delete(former.memberId)
    this.#replaced.add(former.memberId)
    for (const oldest of this.#replaced) {
      if (this.#replaced.size <= REPLACED_KEPT) break
      this.#replaced.delete(oldest)
    }
    dismiss(former, this.#replacedError(former.memberId))
    if (this.#state === 'stable') return waiter.resolve(this.#answerFor(member))
    member.joining.push(waiter)
    this.#rebalance()
  }

  #add(request: JoinRequest): Member {
    const member: Member = {
      memberId: `${request.instanceId ?? 'member'}-${this.#ports.random.uuid()}`,
      instanceId: request.instanceId,
      metadata: request.metadata,
      ...timeouts(request),
      assignment: new Uint8Array(0),
      joining: [],
      syncing: [],
      lastSeen: 0,
      session: undefined,
    }
    this.#members.set(member.memberId, member)
    this.#touch(member)
    return member
  }

  /** Begins a rebalance, and completes it once every member has joined. */
  #rebalance(): void {
    if (this.#state !== 'preparingRebalance') {
      const wasEmpty = this.#state === 'empty'
      this.#state = 'preparingRebalance'
      for (const member of this.#members.values()) rejectAll(member.syncing, this.#rebalanceInProgress())
      if (wasEmpty && this.#initialDelayMs > 0) {
        this.#isInitialDelay = true
        this.#deadline = this.#ports.timers.setTimeout(() => this.#complete(), this.#initialDelayMs)
        return
      }
      const timeoutMs = Math.max(0, ...[...this.#members.values()].map((member) => member.rebalanceTimeoutMs))
      this.#deadline = this.#ports.timers.setTimeout(() => this.#complete(), timeoutMs)
    }
    if (!this.#isInitialDelay && [...this.#members.values()].every((member) => member.joining.length > 0)) this.#complete()
  }

  /** Removes dynamic members that did not join in time. Static members stay until their session expires. */
  #complete(): void {
    this.#deadline?.cancel()
    this.#isInitialDelay = false
    for (const member of [...this.#members.values()]) {
      if (member.joining.length > 0 || member.instanceId !== undefined) continue
      this.#members.delete(member.memberId)
      dismiss(
        member,
        new UnknownMemberError(
          `Member ${member.memberId} did not join the rebalance of group ${this.#groupId} in time: join as a new member.`,
        ),
      )
    }
    const joined = [...this.#members.values()].filter((member) => member.joining.length > 0)
    this.#generation++
    if (this.#members.size === 0) {
      this.#state = 'empty'
      return
    }
    this.#state = 'completingRebalance'
    if (!joined.some((member) => member.memberId === this.#leaderId))
      this.#leaderId = (joined[0] ?? [...this.#members.values()][0])?.memberId ?? ''
    for (const member of joined) {
      const answer = this.#answerFor(member)
      this.#touch(member)
      for (const waiter of member.joining.splice(0)) waiter.resolve(answer)
    }
  }

  #answerFor(member: Member): JoinAnswer {
    const isLeader = member.memberId === this.#leaderId
    const members = !isLeader
      ? []
      : [...this.#members.values()].map(({ memberId, instanceId, metadata }) => ({
          memberId,
          metadata,
          ...(instanceId === undefined ? {} : { instanceId }),
        }))
    return {
      memberId: member.memberId,
      generation: this.#generation,
      leaderId: this.#leaderId,
      members,
    }
  }

  #assign(assignments: ReadonlyMap<string, Uint8Array>): void {
    this.#state = 'stable'
    for (const member of this.#members.values()) {
      member.assignment = assignments.get(member.memberId) ?? new Uint8Array(0)
      for (const waiter of member.syncing.splice(0)) waiter.resolve(member.assignment)
    }
  }

  /* ------------------------------------------------------------------------------------------ members */

  #remove(member: Member, reason: Error): void {
    this.#members.delete(member.memberId)
    dismiss(member, reason)
    if (this.#members.size > 0) return this.#rebalance()
    this.#deadline?.cancel()
    this.#isInitialDelay = false
    this.#generation++
    this.#state = 'empty'
  }

  #touch(member: Member): void {
    member.lastSeen = this.#ports.clock.monotonic()
    member.session ??= this.#startSessionTimer(member, member.sessionTimeoutMs)
  }

  /**
   * One session timer per member, set again only when it fires: a heartbeat only records the time. A timer that fires late was held up by a busy
   * thread, in which no member could send a heartbeat: that time does not count.
   */
  #startSessionTimer(member: Member, delayMs: number): TimerHandle {
    const { clock, timers } = this.#ports
    const dueAt = clock.monotonic() + delayMs
    return timers.setTimeout(() => {
      const now = clock.monotonic()
      member.lastSeen = Math.min(now, member.lastSeen + Math.max(0, now - dueAt))
      const isWaiting = member.joining.length > 0 || member.syncing.length > 0
      const leftMs = isWaiting ? member.sessionTimeoutMs : member.lastSeen + member.sessionTimeoutMs - now
      if (leftMs > 0) member.session = this.#startSessionTimer(member, leftMs)
      else
        this.#remove(
          member,
          new UnknownMemberError(`The session of member ${member.memberId} in group ${this.#groupId} expired: join as a new member.`),
        )
    }, delayMs)
  }

  #checked({ memberId, generation }: GroupMember): Member {
    const member = this.#known(memberId)
    if (generation !== this.#generation)
      throw new StaleGenerationError(
        `Group ${this.#groupId} is in generation ${this.#generation}, but member ${memberId} called with ${generation}.`,
      )
    return member
  }

  #known(memberId: string): Member {
    const member = this.#members.get(memberId)
    if (member !== undefined) return member
    if (this.#replaced.has(memberId)) throw this.#replacedError(memberId)
    throw new UnknownMemberError(`Group ${this.#groupId} has no member ${memberId}: join as a new member.`)
  }

  #rebalanceInProgress(): RebalanceInProgressError {
    return new RebalanceInProgressError(`Group ${this.#groupId} is rebalancing: join again.`)
  }

  #replacedError(memberId: string): FencedError {
    return new FencedError(`Member ${memberId} of group ${this.#groupId} was replaced by a newer one with the same instance id.`)
  }

  #memberOfInstance(instanceId: string | undefined): Member | undefined {
    return instanceId === undefined ? undefined : [...this.#members.values()].find((member) => member.instanceId === instanceId)
  }
}

function timeouts({ sessionTimeoutMs, rebalanceTimeoutMs }: JoinRequest): {
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
} {
  return { sessionTimeoutMs, rebalanceTimeoutMs }
}

function dismiss(member: Member, reason: Error): void {
  member.session?.cancel()
  rejectAll(member.joining, reason)
  rejectAll(member.syncing, reason)
}

function rejectAll(waiters: Waiter<never>[] | Waiter<JoinAnswer>[] | Waiter<Uint8Array>[], reason: Error): void {
  for (const waiter of waiters.splice(0)) waiter.reject(reason)
}
