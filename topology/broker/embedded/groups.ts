import type { StorageOperation } from '../../../state/index.ts'
import type { Ports } from '../../ports.ts'
import type {
  DescribedMember,
  GroupCoordinator,
  GroupMember,
  JoinAnswer,
  JoinRequest,
  OffsetAndMetadata,
  StaticMember,
  SyncRequest,
  TopicPartition,
} from '../broker.ts'
import { FatalBrokerError, UnknownMemberError } from '../errors.ts'
import { Group } from './group.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { BrokerLimits } from './limits.ts'
import type { Journal } from './journal.ts'

interface GroupsOptions {
  readonly ports: Ports
  readonly journal: Journal
  readonly offsets: GroupOffsets
  readonly initialRebalanceDelayMs: number
  readonly limits: Pick<BrokerLimits, 'minSessionTimeoutMs' | 'maxSessionTimeoutMs'>
}

/** The group coordinator of the embedded broker. */
export class Groups implements GroupCoordinator {
  readonly #options: GroupsOptions
  readonly #groups = new Map<string, Group>()
  #endReason: Error | undefined

  constructor(options: GroupsOptions) {
    this.#options = options
  }

  async join(request: JoinRequest): Promise<JoinAnswer> {
    const { groupId, sessionTimeoutMs } = request
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#options.limits
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      throw new FatalBrokerError(
        `A member of group ${groupId} cannot have a session timeout of ${sessionTimeoutMs} ms: choose one from ${minSessionTimeoutMs} to ` +
          `${maxSessionTimeoutMs} ms (group.min.session.timeout.ms, group.max.session.timeout.ms).`,
      )
    }
    return this.#group(groupId).join(request)
  }

  async sync(request: SyncRequest): Promise<Uint8Array> {
    return this.#group(request.groupId).sync(request)
  }

  async heartbeat(member: GroupMember): Promise<void> {
    this.#group(member.groupId).heartbeat(member)
  }

  async leave(groupId: string, memberId: string): Promise<void> {
    this.#group(groupId).leave(memberId)
  }

  async remove(groupId: string, member: StaticMember): Promise<void> {
    this.#group(groupId).removeStatic(member)
  }

  async members(groupId: string): Promise<readonly DescribedMember[]> {
    return this.#group(groupId).members
  }

  /** Nothing to do: all members live in this thread, and the time for which it is blocked does not count (`Group`). */
  async keepAlive(): Promise<void> {}

  async release(): Promise<void> {}

  async assignments(groupId: string): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
    return this.#group(groupId).assignments
  }

  async committedOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    { requireStable = true } = {},
  ): Promise<readonly OffsetAndMetadata[]> {
    this.#checkUp()
    const offsets = requireStable
      ? await this.#options.offsets.whenStable(groupId, partitions)
      : this.#options.offsets.now(groupId, partitions)
    this.#checkUp()
    return offsets
  }

  async alterOffsets(groupId: string, offsets: readonly OffsetAndMetadata[]): Promise<void> {
    if (!this.#group(groupId).isEmpty) throw new FatalBrokerError(`Group ${groupId} has members: stop them before setting its offsets.`)
    await this.storeOffsets(groupId, offsets)
  }

  async storeOffsets(groupId: string, offsets: readonly OffsetAndMetadata[]): Promise<void> {
    const operations: StorageOperation[] = []
    const apply = this.#options.offsets.change(groupId, offsets, operations)
    await this.#options.journal.append(operations, apply)
  }

  /** Throws unless this member may store offsets. The empty member id may do so only while the group has no members. */
  checkMember(member: GroupMember): void {
    const group = this.#group(member.groupId)
    if (member.memberId !== '') group.checkMember(member)
    else if (!group.isEmpty)
      throw new UnknownMemberError(`Group ${member.groupId} has members: only they can store offsets outside of a transaction.`)
  }

  end(reason: Error): void {
    this.#endReason = reason
    for (const group of this.#groups.values()) group.end(reason)
  }

  #group(groupId: string): Group {
    this.#checkUp()
    let group = this.#groups.get(groupId)
    if (group === undefined)
      this.#groups.set(groupId, (group = new Group(groupId, this.#options.ports, this.#options.initialRebalanceDelayMs)))
    return group
  }

  #checkUp(): void {
    if (this.#endReason !== undefined) throw this.#endReason
  }
}
