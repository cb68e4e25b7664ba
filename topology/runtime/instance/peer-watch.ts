import { FencedError, UnknownMemberError, type GroupCoordinator, type StaticMember } from '../../broker/index.ts'
import { messageOf } from '../../errors.ts'
import type { Ports } from '../../ports.ts'
import { decodeSubscription, type Owner } from '../assignment/index.ts'
import type { HeldConnection, QueryTransport } from '../queries/index.ts'

export interface PeerWatchOptions {
  readonly instanceId: string
  readonly groupId: string
  readonly groups: GroupCoordinator
  readonly hold: NonNullable<QueryTransport['hold']>
  readonly ports: Ports
  /** Whether the next owner of the task needs its state. */
  isStateful(task: string): boolean
  /** A peer has been removed from the group, by this instance or by another one. */
  onRemoved(): void
}

interface Watch {
  peer: Owner
  readonly stopped: AbortController
}

/** Neighbours that an instance watches: two processes that die together are noticed, and connections do not grow with the square of the instances. */
const NEIGHBOURS = 2
/** Between the two times that the host of a peer refuses a connection. */
const CONFIRMATION_MS = 150
/** A process with state that no other instance has a copy of gets this long to start again: that is cheaper than a restore elsewhere. */
const RESTART_MS = 3_000
const RECONNECT_MS = 100
/** A peer that cannot be reached is tried again after this long. */
const UNREACHABLE_MS = 1_000

/**
 * Notices that the process of another instance has ended, and removes its member from the group at once instead of after its session (DECISIONS 115).
 * Each instance holds an idle connection to the endpoints of the next two in a ring. When one ends, and the host refuses another one twice, the process is
 * gone. Anything else, a host that does not answer for instance, proves nothing: the session decides. A process whose state would have to be restored
 * elsewhere gets a moment to start again first.
 *
 * What is removed is the member that announced the endpoint, by its member id: a process that has started again under the same instance id has another
 * one. An instance that was removed although it lives is fenced, joins again, and loses no record.
 */
export class PeerWatch {
  readonly #options: PeerWatchOptions
  readonly #watches = new Map<string, Watch>()
  #owners: readonly Owner[] = []

  constructor(options: PeerWatchOptions) {
    this.#options = options
  }

  /** To be called after each rebalance. */
  update(owners: readonly Owner[]): void {
    this.#owners = owners
    const peers = new Map(this.#neighbours(owners).map((peer) => [`${peer.instanceId} ${peer.endpoint}`, peer]))
    for (const [name, { stopped }] of this.#watches) {
      if (peers.has(name)) continue
      this.#watches.delete(name)
      stopped.abort(new Error('The peer is no longer watched'))
    }
    for (const [name, peer] of peers) {
      const known = this.#watches.get(name)
      if (known !== undefined) known.peer = peer
      else this.#start(name, { peer, stopped: new AbortController() })
    }
  }

  stop(): void {
    this.update([])
  }

  /** The next ones in the ring of instance ids. */
  #neighbours(owners: readonly Owner[]): readonly Owner[] {
    const { instanceId } = this.#options
    const peers = owners
      .filter((owner) => owner.endpoint !== undefined && owner.instanceId !== instanceId)
      .toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1))
    const first = peers.findIndex((peer) => peer.instanceId > instanceId)
    const ring = first < 0 ? peers : [...peers.slice(first), ...peers.slice(0, first)]
    return ring.slice(0, NEIGHBOURS)
  }

  #start(name: string, watch: Watch): void {
    this.#watches.set(name, watch)
    void this.#watch(watch).finally(() => {
      if (this.#watches.get(name) === watch) this.#watches.delete(name)
    })
  }

  /** Returns when the peer has been removed or is no longer watched. */
  async #watch(watch: Watch): Promise<void> {
    const { signal } = watch.stopped
    let last: HeldConnection | undefined
    while (!signal.aborted) {
      const connection = await this.#hold(watch)
      if (connection !== undefined) {
        last = connection
        await connection.ended
      }
      if (signal.aborted || (last !== undefined && (await this.#removeIfGone(watch, last)))) return
      await this.#sleep(connection === undefined ? UNREACHABLE_MS : RECONNECT_MS, signal)
    }
  }

  async #hold({ peer, stopped: { signal } }: Watch): Promise<HeldConnection | undefined> {
    try {
      const connection = await this.#options.hold(peer.endpoint ?? '')
      const close = (): void => connection.close()
      signal.addEventListener('abort', close, { once: true })
      void connection.ended.then(() => signal.removeEventListener('abort', close))
      if (signal.aborted) close()
      return connection
    } catch (error) {
      this.#options.ports.logger.debug('another instance cannot be watched', { instance: peer.instanceId, error: messageOf(error) })
      return undefined
    }
  }

  /** The member is looked up before the host refuses for the second time: a process that has started again in between listens, or is another member. */
  async #removeIfGone(watch: Watch, connection: HeldConnection): Promise<boolean> {
    const { groupId, groups, ports, onRemoved } = this.#options
    const { instanceId, endpoint } = watch.peer
    try {
      if (!(await connection.isRefused())) return false
      const member = await this.#memberOf(watch.peer)
      if (member === undefined) return false
      await this.#sleep(this.#isReplaceable(watch.peer) ? CONFIRMATION_MS : RESTART_MS, watch.stopped.signal)
      if (watch.stopped.signal.aborted || !(await connection.isRefused())) return false
      await groups.remove(groupId, member)
      ports.logger.warn('the process of an instance is gone; it was removed from the group, so that its tasks move at once', {
        code: 'instance-gone',
        instance: instanceId,
        endpoint,
      })
    } catch (error) {
      if (error instanceof FencedError) return false // it runs again
      if (!(error instanceof UnknownMemberError)) {
        ports.logger.debug('an instance that is gone could not be removed', { instance: instanceId, error: messageOf(error) })
        return false
      }
    }
    onRemoved()
    return true
  }

  /** The member that announced the endpoint. Undefined when there is none any more, or when it cannot be known during a rebalance. */
  async #memberOf({ instanceId, endpoint, memberId }: Owner): Promise<StaticMember | undefined> {
    const { groupId, groups } = this.#options
    const member = (await groups.members(groupId)).find((candidate) => candidate.instanceId === instanceId)
    if (member === undefined) throw new UnknownMemberError(`Group ${groupId} has no member with the instance id ${instanceId} any more.`)
    const isThis = member.metadata.length === 0 ? member.memberId === memberId : decodeSubscription(member.metadata).endpoint === endpoint
    return isThis ? { memberId: member.memberId, instanceId } : undefined
  }

  /** Whether other instances can go on with its tasks at once. */
  #isReplaceable({ instanceId, tasks }: Owner): boolean {
    const hasStandby = (task: string): boolean =>
      this.#owners.some((owner) => owner.instanceId !== instanceId && owner.standbys.includes(task))
    return tasks.every((task) => !this.#options.isStateful(task) || hasStandby(task))
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.ports.timers.sleep(ms, signal).catch(() => undefined) // no longer watched
  }
}
