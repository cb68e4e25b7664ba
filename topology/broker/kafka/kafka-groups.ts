import type {
  DescribedMember,
  GroupCoordinator,
  GroupMember,
  JoinAnswer,
  JoinRequest,
  KeepAliveOptions,
  OffsetAndMetadata,
  StaticMember,
  SyncRequest,
  TopicPartition,
} from '../broker.ts'
import { inconsistentProtocol } from '../inconsistent-protocol.ts'
import { partitionName } from '../topic-partition.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import {
  Code,
  brokerError,
  check,
  describeGroup,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetFetch,
  syncGroup,
  type KafkaRequest,
  type Rights,
} from './protocol/index.ts'
import type { GroupMembers } from './group-members.ts'
import { HeartbeatThread } from './heartbeat-thread.ts'

const UNSTABLE_PAUSE_MS = 10
/** Gives up after this long, so that the caller re-checks for transactions left open by dead members (DECISIONS 79). */
const UNSTABLE_TIMEOUT_MS = 3_000
/** The coordinator holds back a follower's SyncGroup response until the leader has sent the assignments. */
const SYNC_WAIT_MS = 60_000
/** A join that waits for longer is repeated: the coordinator may be gone without a word. */
const JOIN_WAIT_MS = 60_000
const REBALANCING_STATES = ['PreparingRebalance', 'CompletingRebalance']

export class KafkaGroups implements GroupCoordinator {
  readonly #cluster: KafkaCluster
  readonly #members: GroupMembers
  #hasWarnedOfHeartbeats = false
  readonly #threads = new Map<string, HeartbeatThread>()

  constructor(cluster: KafkaCluster, members: GroupMembers) {
    this.#cluster = cluster
    this.#members = members
  }

  async join(request: JoinRequest): Promise<JoinAnswer> {
    const { groupId, rebalanceTimeoutMs } = request
    const join = (memberId: string) =>
      this.#request(
        groupId,
        joinGroup({ ...request, memberId }),
        ({ error }) => (error === Code.memberIdRequired || error === Code.inconsistentProtocol ? 0 : error),
        Math.min(rebalanceTimeoutMs, JOIN_WAIT_MS),
      )
    let response = await join(request.memberId)
    if (response.error === Code.memberIdRequired) response = await join(response.memberId)
    if (response.error === Code.inconsistentProtocol) throw inconsistentProtocol(groupId)
    check(response.error, `JoinGroup for group ${groupId}`, rightsOn(groupId))
    const { memberId, generation, leaderId, members } = response
    this.#members.joined(memberId, request.instanceId)
    return {
      memberId,
      generation,
      leaderId,
      members: members.map(describedMember),
    }
  }

  async sync({ assignments, ...member }: SyncRequest): Promise<Uint8Array> {
    const request = syncGroup(this.#members.named(member), assignments)
    const { assignment } = await this.#request(member.groupId, request, ({ error }) => error, SYNC_WAIT_MS)
    return assignment
  }

  async heartbeat(member: GroupMember): Promise<void> {
    await this.#request(member.groupId, heartbeat(this.#members.named(member)), (error) => error)
  }

  async leave(groupId: string, memberId: string): Promise<void> {
    const { instanceId } = this.#members.named({ groupId, memberId, generation: -1 })
    await this.#request(groupId, leaveGroup(groupId, memberId, instanceId), (error) => error)
    this.#members.left(memberId)
  }

  async remove(groupId: string, { memberId, instanceId }: StaticMember): Promise<void> {
    await this.#request(groupId, leaveGroup(groupId, memberId, instanceId), (error) => error)
  }

  async members(groupId: string): Promise<readonly DescribedMember[]> {
    const { members } = await this.#request(groupId, describeGroup(groupId), ({ error }) => error)
    return members.map(describedMember)
  }

  async keepAlive(member: GroupMember, options: KeepAliveOptions): Promise<void> {
    const key = keyOf(member.groupId, member.memberId)
    let thread = this.#threads.get(key)
    if (thread === undefined) {
      const obstacle = HeartbeatThread.obstacle(this.#cluster)
      if (obstacle !== undefined) return this.#warnOfHeartbeats(obstacle)
      thread = new HeartbeatThread(this.#cluster, member.groupId, options, (reason) => this.#warnOfHeartbeats(reason))
      this.#threads.set(key, thread)
    }
    thread.beatFor(this.#members.named(member))
    await thread.ready
  }

  async release(groupId: string, memberId: string): Promise<void> {
    const key = keyOf(groupId, memberId)
    this.#threads.get(key)?.close()
    this.#threads.delete(key)
  }

  close(): void {
    for (const thread of this.#threads.values()) thread.close()
    this.#threads.clear()
  }

  async assignments(groupId: string): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
    const { state, members } = await this.#request(groupId, describeGroup(groupId), ({ error }) => error)
    if (REBALANCING_STATES.includes(state)) return undefined
    return new Map(members.map(({ memberId, assignment }) => [memberId, assignment]))
  }

  async committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly OffsetAndMetadata[]> {
    const { clock, timers } = this.#cluster.ports
    const end = clock.monotonic() + Math.min(UNSTABLE_TIMEOUT_MS, this.#cluster.retryTimeoutMs)
    for (;;) {
      const offsets = await this.#fetchOffsets(groupId, partitions, true)
      if (offsets !== undefined) return offsets
      if (clock.monotonic() > end) {
        const what = 'an open transaction has offsets of it; one of a dead member is found only with DESCRIBE on its transactional id'
        throw brokerError(Code.unstableOffsets, `OffsetFetch for group ${groupId} (${what})`)
      }
      await timers.sleep(UNSTABLE_PAUSE_MS)
    }
  }

  async storedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly OffsetAndMetadata[]> {
    return (await this.#fetchOffsets(groupId, partitions, false)) ?? []
  }

  /** Undefined if they have to be stable and are not. */
  async #fetchOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    requireStable: boolean,
  ): Promise<readonly OffsetAndMetadata[] | undefined> {
    if (partitions.length === 0) return []
    const { offsets } = await this.#request(groupId, offsetFetch(groupId, partitions, requireStable), ({ error }) => error)
    const failed = offsets.find(({ error }) => error !== Code.none && error !== Code.unstableOffsets)
    if (failed !== undefined)
      throw brokerError(failed.error, `OffsetFetch for ${partitionName(failed)} in group ${groupId}`, {
        topic: `DESCRIBE on topic ${failed.topic}`,
      })
    if (offsets.some(({ error }) => error !== Code.none)) return undefined
    return offsets.filter(({ offset }) => offset >= 0).map(({ error: _, ...offset }) => offset)
  }

  #warnOfHeartbeats(reason: string): void {
    if (this.#hasWarnedOfHeartbeats) return
    this.#hasWarnedOfHeartbeats = true
    this.#cluster.ports.logger.warn(
      'heartbeats are sent by the main thread only: tasks move when records block it for longer than the session timeout',
      { code: 'heartbeats-not-apart', reason },
    )
  }

  #request<T>(groupId: string, request: KafkaRequest<T>, errorOf: (response: T) => number, serverWaitMs = 0): Promise<T> {
    const checked: KafkaRequest<T> = {
      ...request,
      read: (reader) => {
        const response = request.read(reader)
        check(errorOf(response), `${request.name} for group ${groupId}`, rightsOn(groupId))
        return response
      },
    }
    return this.#cluster.atCoordinator('group', groupId, checked, { serverWaitMs })
  }
}

/** A member needs READ, which implies DESCRIBE, all that an observer needs. */
function rightsOn(groupId: string): Rights {
  return { group: `READ on group ${groupId} (to observe it, DESCRIBE)` }
}

/** A group id may contain any character; a member id has no line break. */
function keyOf(groupId: string, memberId: string): string {
  return `${memberId}\n${groupId}`
}

function describedMember({
  memberId,
  instanceId,
  metadata,
}: Omit<DescribedMember, 'instanceId'> & { readonly instanceId: string | null }): DescribedMember {
  return { memberId, metadata, ...(instanceId === null ? {} : { instanceId }) }
}
