import { openTaskState, type StateStore } from '../../../state/index.ts'
import type { Broker, TopicPartition } from '../../broker/index.ts'
import { FatalStreamsError, messageOf } from '../../errors.ts'
import { outlineOf, type Subtopology, type Topology, type TopologyOutline } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import type { TaskId } from '../../processor.ts'
import type { TopicTable } from '../../topics/index.ts'
import type { Assignment, Owner, Subscription } from '../assignment/index.ts'
import { LeftTransactions, type GroupCommit } from '../commit/index.ts'
import type { TaskDirectory } from '../queries/index.ts'
import { TaskStores, type GlobalStores, type TaskStorages } from '../state/index.ts'
import type { ErrorHandlers } from '../error-handlers.ts'
import { OutageLog } from '../outage-log.ts'
import { newTaskMetrics, StandbyTask, Task, TaskLoop, Turns, type RecordQueue } from '../task/index.ts'
import { parseTaskName, taskName } from '../task-id.ts'
import type { FetchLoop, QueueSource } from './fetch-loop.ts'
import type { InstanceLifecycle } from './instance-lifecycle.ts'
import type { Membership, MembershipHandler } from './membership.ts'
import type { PeerWatch } from './peer-watch.ts'
import { activeTaskInfo, taskInfo, type TaskInfo } from './task-info.ts'

export interface TaskManagerOptions {
  readonly instanceId: string
  readonly applicationId: string
  readonly endpoint: string | undefined
  readonly topology: Topology
  readonly guarantee: 'exactly_once' | 'at_least_once'
  readonly transactionTimeoutMs: number | undefined
  readonly commitIntervalMs: number
  readonly commitRecords: number
  readonly cacheBytes: number | undefined
  readonly stallTimeoutMs: number
  readonly maxPollIntervalMs: number
  readonly errorHandlers: ErrorHandlers
  readonly broker: Broker
  readonly ports: Ports
  readonly storages: TaskStorages
  readonly openState: typeof openTaskState
  readonly topics: TopicTable
  readonly globals: GlobalStores
  readonly commits: GroupCommit
  readonly membership: Membership
  readonly peers: PeerWatch | undefined
  readonly fetching: FetchLoop
  readonly lifecycle: InstanceLifecycle
  /** A topic may have been deleted, created again or enlarged. */
  onTopicError(): void
}

/** The tasks of an instance: opens, revokes and drops active tasks and standbys as the group's assignments say. */
export class TaskManager implements MembershipHandler, QueueSource, TaskDirectory {
  readonly #options: TaskManagerOptions
  readonly #leftTransactions: LeftTransactions
  readonly #outline: TopologyOutline
  readonly #loops = new Map<string, TaskLoop>()
  readonly #standbys = new Map<string, StandbyTask>()
  readonly #turns: Turns
  readonly #blocks: OutageLog
  /** The last record that blocked the event loop, until the instance has logged why it lost its membership. */
  #lastBlock: { readonly task: string; readonly record: string; readonly blockedMs: number } | undefined
  #owners: readonly Owner[] = []
  /** Standbys that become active tasks here. */
  #warmups: readonly string[] = []

  constructor(options: TaskManagerOptions) {
    this.#options = options
    this.#outline = outlineOf(options.topology)
    this.#leftTransactions = new LeftTransactions(options.broker, options.applicationId, options.transactionTimeoutMs)
    this.#turns = new Turns(options.ports.timers)
    this.#blocks = new OutageLog(options.ports.clock, options.ports.logger)
  }

  /** Which instance owns which task, as of the last rebalance. */
  get owners(): readonly Owner[] {
    return this.#owners
  }

  /** The task of that name whose committed state can be read, if this instance owns it. */
  task(name: string): Task | undefined {
    const task = this.#loops.get(name)?.task
    return task?.isReadable ? task : undefined
  }

  /** The standby of that task, if this instance keeps one. */
  standby(name: string): StandbyTask | undefined {
    return this.#standbys.get(name)
  }

  infos(): readonly TaskInfo[] {
    const tasks = [...this.#loops.values()].map(activeTaskInfo)
    const standbys = [...this.#standbys.values()].map(({ name, metrics, ageMs }) => ({
      ...taskInfo(name, 'standby', metrics, 0),
      ...(ageMs === undefined ? {} : { ageMs }),
    }))
    return [...tasks, ...standbys]
  }

  *queues(): Iterable<{ readonly queue: RecordQueue; wake(): void }> {
    for (const loop of this.#loops.values()) {
      if (loop.isRunning) for (const queue of loop.task.queues) yield { queue, wake: () => loop.wake() }
    }
  }

  /** Partition by partition, so that each member gets tasks of every sub-topology. */
  allTasks(reported: readonly (readonly number[])[] = []): readonly string[] {
    const own = this.#taskCounts()
    const counted = this.#options.topology.subtopologies.map(({ id }, index) => ({
      id,
      count: Math.max(...[own, ...reported].map((counts) => counts[index] ?? 0)),
    }))
    const largest = Math.max(0, ...counted.map(({ count }) => count))
    return Array.from({ length: largest }, (_, partition) =>
      counted.filter(({ count }) => partition < count).map(({ id }) => taskName({ subtopology: id, partition })),
    ).flat()
  }

  sourceTopics(): readonly string[] {
    const { topics, topology } = this.#options
    return [...new Set(topology.subtopologies.flatMap(({ sourceTopics }) => sourceTopics.map((topic) => topics.nameOf(topic))))]
  }

  partitionsOf(name: string): readonly TopicPartition[] {
    const { topics } = this.#options
    const { id, subtopology } = this.#partsOf(name)
    return subtopology.sourceTopics
      .map((topic) => ({ topic: topics.nameOf(topic), partition: id.partition }))
      .filter(({ topic, partition }) => partition < (topics.partitions(topic) ?? 0))
  }

  subscription(): Omit<Subscription, 'round' | 'acceptedIn'> {
    const { instanceId, endpoint } = this.#options
    return {
      instanceId,
      owned: [...this.#loops.keys()],
      taskCounts: this.#taskCounts(),
      caughtUp: [...this.#standbys.values()].filter(({ isCaughtUp }) => isCaughtUp).map(({ name }) => name),
      topology: this.#outline,
      ...(endpoint === undefined ? {} : { endpoint }),
    }
  }

  #taskCounts(): readonly number[] {
    const { topics, topology } = this.#options
    return topology.subtopologies.map(({ sourceTopics }) => topics.taskCount(sourceTopics))
  }

  /** Topics may have other partition counts: tasks get their new inputs, and the group rebalances if there are tasks that no instance owns. */
  followTopics(): void {
    for (const loop of this.#loops.values()) loop.followTopics()
    const owned = new Set(this.#owners.flatMap(({ tasks }) => tasks))
    if (owned.size > 0 && this.allTasks().some((name) => !owned.has(name))) this.#options.membership.rejoin()
  }

  onRebalance(): void {
    this.#options.lifecycle.become('rebalancing')
  }

  async onAssignment(assignment: Assignment): Promise<boolean> {
    const { fetching, lifecycle, peers } = this.#options
    this.#owners = assignment.owners
    if (!lifecycle.isStopped) peers?.update(assignment.owners)
    this.#leftTransactions.setMembers(assignment.owners.map(({ instanceId }) => instanceId))
    const active = new Set(assignment.active)
    const revoked = [...this.#loops].filter(([name]) => !active.has(name))
    const revoking = Promise.all(revoked.map(([, loop]) => loop.close()))
    await this.#closeStandbys((name) => !assignment.standby.includes(name))
    if (lifecycle.isActive) for (const name of active) if (!this.#loops.has(name)) this.#loops.set(name, this.#openTask(name))
    // A member may have died since a task that is still being opened had its transactions aborted.
    if ([...this.#loops.values()].some(({ isRunning }) => !isRunning)) this.#transactionsDecided().catch(() => undefined)
    await revoking
    for (const [name] of revoked) this.#loops.delete(name)
    if (!lifecycle.isActive) return false
    this.#warmups = assignment.warmups
    for (const name of assignment.standby) if (!this.#standbys.has(name)) this.#standbys.set(name, this.#openStandby(name))
    lifecycle.become('running')
    fetching.refresh()
    return revoked.length > 0
  }

  async onLost(cause: unknown): Promise<void> {
    this.#options.ports.logger.warn(
      'the group has removed this instance, which joins again; what its tasks had not committed is done again',
      {
        code: 'membership-lost',
        instance: this.#options.instanceId,
        reason: messageOf(cause),
        ...this.#lastBlock,
      },
    )
    this.#lastBlock = undefined
    await this.#abandonTasks()
  }

  /** Drops all active tasks without a commit: other members may own them. */
  async #abandonTasks(): Promise<void> {
    const loops = [...this.#loops.values()]
    this.#loops.clear()
    await Promise.all(loops.map((loop) => loop.abandon()))
  }

  onReplaced(cause: unknown): void {
    const { instanceId, lifecycle } = this.#options
    lifecycle.fail(
      new FatalStreamsError(`Another process runs under the instance id "${instanceId}": give each instance its own.`, { cause }),
    )
  }

  onFatal(error: unknown): void {
    this.#options.lifecycle.fail(error)
  }

  /** Warns of the tasks that have not closed in time. They must not commit any more. */
  warnOfPending(): void {
    for (const loop of this.#loops.values()) loop.warnOfPending()
  }

  /** To be called regularly. */
  checkProgress(): void {
    for (const loop of this.#loops.values()) loop.checkProgress()
  }

  /** Commits and closes all active tasks, and closes all standbys. */
  async close(): Promise<void> {
    await Promise.all([...this.#loops.values(), ...this.#standbys.values()].map((task) => task.close()))
  }

  /** Closes everything without a commit. */
  async drop(): Promise<void> {
    await this.#abandonTasks()
    await Promise.all([...this.#standbys.values()].map((standby) => standby.close()))
  }

  /** The same, but the tasks remain in `infos()`, for the operator. */
  async abandon(): Promise<void> {
    await Promise.all([
      ...[...this.#loops.values()].map((loop) => loop.abandon()),
      ...[...this.#standbys.values()].map((standby) => standby.close()),
    ])
  }

  async #closeStandbys(isToClose: (name: string) => boolean): Promise<void> {
    const closing = [...this.#standbys].filter(([name]) => isToClose(name))
    await Promise.all(closing.map(([, standby]) => standby.close()))
    for (const [name] of closing) this.#standbys.delete(name)
  }

  #openTask(name: string): TaskLoop {
    const { applicationId, commitIntervalMs, commitRecords, fetching, globals, lifecycle, membership, ports, stallTimeoutMs } =
      this.#options
    const { id, subtopology } = this.#partsOf(name)
    const task = new Task(id, subtopology, {
      ...this.#options,
      groupId: applicationId,
      transactionsDecided: () => this.#transactionsDecided(),
      globalStore: (store): StateStore | undefined => globals.store(store),
      onBlocked: (blocked, record, blockedMs) => this.#onBlocked(blocked, record, Math.round(blockedMs)),
    })
    return new TaskLoop(task, {
      ports,
      turns: this.#turns,
      commitIntervalMs,
      commitRecords,
      stallTimeoutMs,
      onHungry: () => fetching.refresh(),
      onFatal: (error) => lifecycle.fail(error),
      onTopicError: () => this.#options.onTopicError(),
      isMember: () => membership.isMember(),
    })
  }

  #onBlocked(task: string, record: string, blockedMs: number): void {
    this.#lastBlock = { task, record, blockedMs }
    const { maxPollIntervalMs } = this.#options
    const reason =
      blockedMs < maxPollIntervalMs
        ? 'Commits, rebalances and queries wait meanwhile. Do less in process(), or let it return a promise.'
        : `That is longer than maxPollIntervalMs (${maxPollIntervalMs}): other instances may own its tasks by now. Do less in process(), or raise it.`
    this.#blocks.failed('a record blocks the instance', reason, { code: 'instance-blocked', task, record, blockedMs })
  }

  #openStandby(name: string): StandbyTask {
    const { lifecycle, onTopicError, ports } = this.#options
    const { id, subtopology } = this.#partsOf(name)
    const metrics = newTaskMetrics()
    const stores = new TaskStores({
      ...this.#options,
      task: id,
      specs: subtopology.stores,
      end: 'latest',
      onRestored: (records) => (metrics.restored += records),
    })
    return new StandbyTask({
      name,
      metrics,
      stores,
      ports,
      onTopicError,
      onCaughtUp: () => this.#rejoinWhenWarm(),
      onFatal: (error) => lifecycle.fail(error),
    })
  }

  /** The leader moves tasks here when all their warm-ups have caught up, and learns of that by a subscription. */
  #rejoinWhenWarm(): void {
    if (this.#warmups.length > 0 && this.#warmups.every((name) => this.#standbys.get(name)?.isCaughtUp)) this.#options.membership.rejoin()
  }

  async #transactionsDecided(): Promise<void> {
    if (this.#options.guarantee !== 'exactly_once') return
    await Promise.all([this.#options.commits.transactionsDecided(), this.#leftTransactions.aborted()])
  }

  #partsOf(name: string): { readonly id: TaskId; readonly subtopology: Subtopology } {
    const id = parseTaskName(name)
    const subtopology = this.#options.topology.subtopologies.find((candidate) => candidate.id === id.subtopology)
    if (subtopology === undefined)
      throw new FatalStreamsError(`Task ${name} belongs to no sub-topology here: all instances must run the same topology.`)
    return { id, subtopology }
  }
}
