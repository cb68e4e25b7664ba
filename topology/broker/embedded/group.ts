import type { Ports, TimerHandle } from '../../ports.ts'
import type { GroupMember, JoinAnswer, JoinRequest, SyncRequest } from '../broker.ts'
import { FencedError, RebalanceInProgressError, StaleGenerationError, UnknownMemberError } from '../errors.ts'

/** Ids of replaced static members that are remembered, to tell a zombie so. */
const REPLACED_KEPT = 64

type GroupState = 'empty' | 'gathering' | 'assigning' | 'stable'

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
  /** Calls of join and sync that wait for the others. A call made again after a lost answer joins the first one. */
  readonly joining: Waiter<JoinAnswer>[]
  readonly syncing: Waiter<Uint8Array>[]
  lastSeen: number
  session: TimerHandle | undefined
}

/**
 * One group of the coordinator, as a state machine: `empty` → `gathering` (joins wait for each other) → `assigning` (syncs
 * wait for the leader) → `stable`. It lives in memory: after a restart of the broker all members are unknown and join anew.
 */
export class Group {
  readonly #ports: Ports
  readonly #initialDelayMs: number
  readonly #members = new Map<string, Member>()
  readonly #replaced = new Set<string>()
  #state: GroupState = 'empty'
  #generation = 0
  #leaderId = ''
  #deadline: TimerHandle | undefined
  /** The first rebalance of an empty group waits for more members to come. */
  #waitsForMore = false

  constructor(ports: Ports, initialDelayMs: number) {
    this.#ports = ports
    this.#initialDelayMs = initialDelayMs
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  /** By member; undefined until the leader has handed them in. */
  get assignments(): ReadonlyMap<string, Uint8Array> | undefined {
    if (this.#state === 'gathering' || this.#state === 'assigning') return undefined
    return new Map([...this.#members.values()].map(({ memberId, assignment }) => [memberId, assignment]))
  }

  join(request: JoinRequest): Promise<JoinAnswer> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      if (request.memberId !== '') return this.#rejoin(this.#known(request.memberId), request, waiter)
      const former = this.#ofInstance(request.instanceId)
      if (former !== undefined) return this.#replace(former, request, waiter)
      const member = this.#add(request)
      member.joining.push(waiter)
      this.#gather()
    })
  }

  async sync(request: SyncRequest): Promise<Uint8Array> {
    const member = this.#checked(request)
    this.#seen(member)
    if (this.#state === 'gathering') throw new RebalanceInProgressError('The group gathers again: join.')
    if (this.#state === 'stable') return member.assignment
    const answer = new Promise<Uint8Array>((resolve, reject) => member.syncing.push({ resolve, reject }))
    if (member.memberId === this.#leaderId) this.#assign(request.assignments)
    return answer
  }

  heartbeat(request: GroupMember): void {
    this.#seen(this.#checked(request))
    if (this.#state === 'gathering') throw new RebalanceInProgressError('The group gathers again: join.')
  }

  leave(memberId: string): void {
    this.#remove(this.#known(memberId), new UnknownMemberError(`The member ${memberId} has left.`))
  }

  /** Whether this member may store offsets in this generation. */
  checkMember(request: GroupMember): void {
    this.#checked(request)
  }

  /** Ends all waiting calls and timers. */
  end(reason: Error): void {
    this.#deadline?.cancel()
    for (const member of this.#members.values()) dismiss(member, reason)
    this.#members.clear()
    this.#state = 'empty'
  }

  /* ------------------------------------------------------------------------------------------ joining */

  #rejoin(member: Member, request: JoinRequest, waiter: Waiter<JoinAnswer>): void {
    this.#seen(member)
    const changed = Buffer.compare(member.metadata, request.metadata) !== 0
    Object.assign(member, times(request), { metadata: request.metadata })
    const answersAtOnce = !changed && (this.#state === 'assigning' || (this.#state === 'stable' && member.memberId !== this.#leaderId))
    if (answersAtOnce) return waiter.resolve(this.#answerFor(member))
    member.joining.push(waiter)
    this.#gather()
  }

  /** A static member is back under a new id: its place and assignment are his, and nobody else has to join. */
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
    dismiss(former, replacedError(former.memberId))
    if (this.#state === 'stable') return waiter.resolve(this.#answerFor(member))
    member.joining.push(waiter)
    this.#gather()
  }

  #add(request: JoinRequest): Member {
    const member: Member = {
      memberId: `${request.instanceId ?? 'member'}-${this.#ports.random.uuid()}`,
      instanceId: request.instanceId,
      metadata: request.metadata,
      ...times(request),
      assignment: new Uint8Array(0),
      joining: [],
      syncing: [],
      lastSeen: 0,
      session: undefined,
    }
    this.#members.set(member.memberId, member)
    this.#seen(member)
    return member
  }

  /** Begins a rebalance, or goes on with it: it is complete when every member has joined. */
  #gather(): void {
    if (this.#state !== 'gathering') {
      const first = this.#state === 'empty'
      this.#state = 'gathering'
      for (const member of this.#members.values()) rejectAll(member.syncing, new RebalanceInProgressError('The group gathers again: join.'))
      if (first && this.#initialDelayMs > 0) {
        this.#waitsForMore = true
        this.#deadline = this.#ports.timers.setTimeout(() => this.#complete(), this.#initialDelayMs)
        return
      }
      const timeoutMs = Math.max(0, ...[...this.#members.values()].map((member) => member.rebalanceTimeoutMs))
      this.#deadline = this.#ports.timers.setTimeout(() => this.#complete(), timeoutMs)
    }
    if (!this.#waitsForMore && [...this.#members.values()].every((member) => member.joining.length > 0)) this.#complete()
  }

  /** Members that did not join in time are out, but for static ones: those have until the end of their session. */
  #complete(): void {
    this.#deadline?.cancel()
    this.#waitsForMore = false
    for (const member of [...this.#members.values()]) {
      if (member.joining.length > 0 || member.instanceId !== undefined) continue
      this.#members.delete(member.memberId)
      dismiss(member, new UnknownMemberError(`The member ${member.memberId} did not join in time.`))
    }
    const joined = [...this.#members.values()].filter((member) => member.joining.length > 0)
    this.#generation++
    if (this.#members.size === 0) {
      this.#state = 'empty'
      return
    }
    this.#state = 'assigning'
    if (!joined.some((member) => member.memberId === this.#leaderId))
      this.#leaderId = (joined[0] ?? [...this.#members.values()][0])?.memberId ?? ''
    for (const member of joined) {
      const answer = this.#answerFor(member)
      this.#seen(member)
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
    if (this.#members.size > 0) return this.#gather()
    this.#deadline?.cancel()
    this.#waitsForMore = false
    this.#generation++
    this.#state = 'empty'
  }

  #seen(member: Member): void {
    member.lastSeen = this.#ports.clock.monotonic()
    member.session ??= this.#watch(member, member.sessionTimeoutMs)
  }

  /** One timer a member, set again only when it fires: a heartbeat just notes the time. */
  #watch(member: Member, delayMs: number): TimerHandle {
    return this.#ports.timers.setTimeout(() => {
      const waits = member.joining.length > 0 || member.syncing.length > 0
      const leftMs = waits ? member.sessionTimeoutMs : member.lastSeen + member.sessionTimeoutMs - this.#ports.clock.monotonic()
      if (leftMs > 0) member.session = this.#watch(member, leftMs)
      else this.#remove(member, new UnknownMemberError(`The session of ${member.memberId} is over.`))
    }, delayMs)
  }

  #checked({ memberId, generation }: GroupMember): Member {
    const member = this.#known(memberId)
    if (generation !== this.#generation)
      throw new StaleGenerationError(`The group is in generation ${this.#generation}, not ${generation}.`)
    return member
  }

  #known(memberId: string): Member {
    const member = this.#members.get(memberId)
    if (member !== undefined) return member
    if (this.#replaced.has(memberId)) throw replacedError(memberId)
    throw new UnknownMemberError(`The group does not know the member ${memberId}.`)
  }

  #ofInstance(instanceId: string | undefined): Member | undefined {
    return instanceId === undefined ? undefined : [...this.#members.values()].find((member) => member.instanceId === instanceId)
  }
}

function times({ sessionTimeoutMs, rebalanceTimeoutMs }: JoinRequest): {
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
} {
  return { sessionTimeoutMs, rebalanceTimeoutMs }
}

function replacedError(memberId: string): FencedError {
  return new FencedError(`The member ${memberId} was replaced by a newer one of the same instance id.`)
}

function dismiss(member: Member, reason: Error): void {
  member.session?.cancel()
  rejectAll(member.joining, reason)
  rejectAll(member.syncing, reason)
}

function rejectAll(waiters: Waiter<never>[] | Waiter<JoinAnswer>[] | Waiter<Uint8Array>[], reason: Error): void {
  for (const waiter of waiters.splice(0)) waiter.reject(reason)
}
