import { openTaskState, type StateStore } from '../../../state/index.ts'
import type { Broker } from '../../broker/index.ts'
import type { Subtopology, Topology } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import type { TaskId } from '../../processor.ts'
import type { Assignment } from '../assignment/index.ts'
import { FatalStreamsError } from '../../errors.ts'
import { FetchLoop } from './fetch-loop.ts'
import { GlobalStores, type TaskStorages, TaskStores } from '../state/index.ts'
import { GroupCommit, LeftTransactions } from '../commit/index.ts'
import { Membership } from './membership.ts'
import { withParkedKeys } from '../dead-letters/index.ts'
import { Queries, type QueryHandler, QueryRouter, type QueryTransport } from '../queries/index.ts'
import { newTaskMetrics, type RecordQueue, StandbyTask, Task, TaskLoop, type TaskMetrics } from '../task/index.ts'
import { parseTaskName, taskName } from '../task-id.ts'
import { TopicTable } from '../../topics/topic-table.ts'

export interface StreamsOptions {
  readonly topology: Topology
  /** Names the group, the internal topics and the transactional ids: instances with the same one share the work. */
  readonly applicationId: string
  /** This instance, by a name that outlives a restart. */
  readonly instanceId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly storages: TaskStorages
  /** How a task's stores are opened; simulations put faults in between. */
  readonly openState?: typeof openTaskState
  /** Where other instances can send questions to, as the transport understands it. */
  readonly endpoint?: string
  /** How instances ask each other; without it an instance answers only from its own tasks. */
  readonly queryTransport?: QueryTransport
  /** Default `exactly_once`. */
  readonly guarantee?: 'exactly_once' | 'at_least_once'
  /** The longest a busy task goes without a commit; an idle one commits at once. Default 500 ms. */
  readonly commitIntervalMs?: number
  /** Rows and records gathered at most before a commit. Default 100,000. */
  readonly commitRecords?: number
  /** Default 6,000 ms. */
  readonly sessionTimeoutMs?: number
  /** How long it may take until a member hears that the group gathers. Default an eighth of the session. */
  readonly heartbeatIntervalMs?: number
  /** Bytes of committed rows kept in memory per task. */
  readonly cacheBytes?: number
  /** On how many other instances each task's state is copied; every instance is to have the same. Default 0. */
  readonly standbys?: number
}

export type StreamsState = 'created' | 'starting' | 'rebalancing' | 'running' | 'stopped' | 'failed'

export interface TaskInfo {
  readonly name: string
  readonly state: 'restoring' | 'running' | 'standby'
  readonly lag: number
  readonly records: number
  readonly commits: number
  readonly restored: number
  readonly deadLetters: number
  readonly drops: Readonly<{ [reason: string]: number }>
  /** Of a standby that has caught up once: what was committed longer ago than this is in it, milliseconds. */
  readonly ageMs?: number
}

/**
 * One instance of an application (Kafka's `KafkaStreams`). It owns its place in the group, one fetcher for all its tasks, and the
 * tasks. Several instances, in one process or many, divide the tasks among themselves.
 */
export class Streams {
  readonly instanceId: string
  /** Questions to the state of the whole application, wherever it is. */
  readonly queries: Queries
  readonly #router: QueryRouter
  readonly #options: StreamsOptions
  readonly #topics: TopicTable
  readonly #membership: Membership
  readonly #fetching: FetchLoop
  readonly #globals: GlobalStores
  readonly #commits: GroupCommit
  readonly #leftTransactions: LeftTransactions
  readonly #loops = new Map<string, TaskLoop>()
  readonly #standbys = new Map<string, StandbyTask>()
  readonly #listeners = new Set<(state: StreamsState) => void>()
  #state: StreamsState = 'created'
  #failure: unknown
  #owners: Assignment['owners'] = []
  /** Standbys that are to become tasks here. */
  #warming: readonly string[] = []

  constructor(options: StreamsOptions) {
    this.instanceId = options.instanceId
    const topology = withParkedKeys(options.topology)
    this.#options = { ...options, topology }
    this.#topics = new TopicTable(options.applicationId, topology, options.broker.admin)
    this.#fetching = new FetchLoop({
      broker: options.broker,
      ports: options.ports,
      queues: () => this.#queues(),
      onFatal: (error) => this.#fail(error),
    })
    this.#globals = new GlobalStores(topology.globalStores, options.broker, options.ports)
    this.#commits = new GroupCommit({
      applicationId: options.applicationId,
      instanceId: options.instanceId,
      broker: options.broker,
      ports: options.ports,
      guarantee: this.#guarantee,
      member: () => this.#membership.member(),
      memberAfter: (generation) => this.#membership.memberAfter(generation),
    })
    this.#leftTransactions = new LeftTransactions(options.broker, options.applicationId)
    this.#router = new QueryRouter({
      topology,
      topics: this.#topics,
      globals: this.#globals,
      ports: options.ports,
      endpoint: options.endpoint,
      transport: options.queryTransport,
      owners: () => this.#owners,
      task: (name) => this.task(name),
      standby: (name) => this.#standbys.get(name),
    })
    this.queries = new Queries(this.#router)
    const sessionTimeoutMs = options.sessionTimeoutMs ?? 6_000
    this.#membership = new Membership({
      groupId: options.applicationId,
      groups: options.broker.groups,
      ports: options.ports,
      sessionTimeoutMs,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? Math.floor(sessionTimeoutMs / 8),
      rebalanceTimeoutMs: sessionTimeoutMs,
      tasks: () => this.#allTasks(),
      standbys: options.standbys ?? 0,
      subscription: () => ({
        instanceId: options.instanceId,
        held: [...this.#loops.keys()],
        standing: [...this.#standbys.values()].filter(({ isCaughtUp }) => isCaughtUp).map(({ name }) => name),
        ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      }),
      onRebalance: () => this.#become('rebalancing'),
      onAssignment: (assignment) => this.#take(assignment),
      onLost: () => this.#dropAll(),
      onReplaced: (cause) => this.#replaced(cause),
    })
  }

  get state(): StreamsState {
    return this.#state
  }

  /** Why the instance failed. */
  get failure(): unknown {
    return this.#failure
  }

  /** The group's, as of the last rebalance; -1 before the first. */
  get generation(): number {
    return this.#membership.generation
  }

  /** Which instance has which task, as of the last rebalance. */
  get owners(): Assignment['owners'] {
    return this.#owners
  }

  /** Makes the internal topics that are missing and joins the group. Throws `FatalStreamsError`. */
  async start(): Promise<void> {
    if (this.#state !== 'created') throw new FatalStreamsError(`Instance ${this.instanceId} has been started before: make a new one.`)
    this.#become('starting')
    await this.#topics.ensure()
    await this.#globals.start()
    this.#router.start()
    this.#commits.start()
    this.#membership.start()
    this.#fetching.start()
  }

  /** Commits, hands the tasks over and leaves the group. */
  async stop(): Promise<void> {
    if (this.#isOver) return
    this.#become('stopped')
    await Promise.all([...this.#loops.values(), ...this.#standbys.values()].map((one) => one.close()))
    await this.#membership.leave()
    await this.#end()
  }

  /** Drops everything where it stands, as a crash would: no commit, no word to the group. */
  async kill(): Promise<void> {
    if (this.#isOver) return
    this.#become('stopped')
    this.#membership.abandon()
    await this.#dropAll()
    await Promise.all([...this.#standbys.values()].map((standby) => standby.close()))
    await this.#end()
  }

  /** Answers a question of another instance, as far as it can be answered here: for transports. */
  readonly answer: QueryHandler = (request) => this.#router.answer(request)

  tasks(): readonly TaskInfo[] {
    const tasks = [...this.#loops.values()].map(({ task, isRunning }) =>
      infoOf(task.name, isRunning ? 'running' : 'restoring', task.metrics, task.lag),
    )
    const standbys = [...this.#standbys.values()].map(({ name, metrics, ageMs }) => ({
      ...infoOf(name, 'standby', metrics, 0),
      ...(ageMs === undefined ? {} : { ageMs }),
    }))
    return [...tasks, ...standbys]
  }

  /** The running task of that name, if this instance has it. */
  task(name: string): Task | undefined {
    const loop = this.#loops.get(name)
    return loop?.isRunning ? loop.task : undefined
  }

  /** Calls back at each change; answers with the way to stop that. */
  onStateChange(listener: (state: StreamsState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get #isOver(): boolean {
    return this.#state === 'stopped'
  }

  /** Partition by partition, so that everyone gets a share of each sub-topology. */
  #allTasks(): readonly string[] {
    const counted = this.#options.topology.subtopologies.map(({ id, sourceTopics }) => ({
      id,
      count: this.#topics.taskCount(sourceTopics),
    }))
    const largest = Math.max(0, ...counted.map(({ count }) => count))
    return Array.from({ length: largest }, (_, partition) =>
      counted.filter(({ count }) => partition < count).map(({ id }) => taskName({ subtopology: id, partition })),
    ).flat()
  }

  async #take(assignment: Assignment): Promise<boolean> {
    this.#owners = assignment.owners
    this.#leftTransactions.setMembers(assignment.owners.map(({ instanceId }) => instanceId))
    const wanted = new Set(assignment.active)
    const given = [...this.#loops].filter(([name]) => !wanted.has(name))
    const closing = Promise.all(given.map(([, loop]) => loop.close()))
    const leaving = [...this.#standbys].filter(([name]) => !assignment.standby.includes(name))
    await Promise.all(leaving.map(([, standby]) => standby.close()))
    for (const [name] of leaving) this.#standbys.delete(name)
    if (!this.#isOver) for (const name of wanted) if (!this.#loops.has(name)) this.#loops.set(name, this.#open(name))
    // Members may be gone since a task that is still being opened had left transactions ended.
    if ([...this.#loops.values()].some(({ isRunning }) => !isRunning)) this.#settled().catch(() => undefined)
    await closing
    for (const [name] of given) this.#loops.delete(name)
    if (this.#isOver) return false
    this.#warming = assignment.warming
    for (const name of assignment.standby) if (!this.#standbys.has(name)) this.#standbys.set(name, this.#standBy(name))
    this.#become('running')
    this.#fetching.refresh()
    return given.length > 0
  }

  #open(name: string): TaskLoop {
    const { applicationId, broker, ports, storages, cacheBytes, openState = openTaskState } = this.#options
    const { id, subtopology } = this.#partOf(name)
    const task = new Task(id, subtopology, {
      applicationId,
      groupId: applicationId,
      broker,
      ports,
      topics: this.#topics,
      commits: this.#commits,
      storages,
      openState,
      cacheBytes,
      settled: () => this.#settled(),
      globalStore: (store): StateStore | undefined => this.#globals.store(store),
    })
    return new TaskLoop(task, {
      ports,
      commitIntervalMs: this.#options.commitIntervalMs ?? 500,
      commitRecords: this.#options.commitRecords ?? 100_000,
      onHungry: () => this.#fetching.refresh(),
      onFatal: (error) => this.#fail(error),
      isMember: () => this.#membership.confirm(),
    })
  }

  get #guarantee(): 'exactly_once' | 'at_least_once' {
    return this.#options.guarantee ?? 'exactly_once'
  }

  async #settled(): Promise<void> {
    if (this.#guarantee === 'exactly_once') await Promise.all([this.#commits.settled(), this.#leftTransactions.ended()])
  }

  #standBy(name: string): StandbyTask {
    const { broker, ports, storages, cacheBytes, openState = openTaskState } = this.#options
    const { id, subtopology } = this.#partOf(name)
    const metrics = newTaskMetrics()
    const stores = new TaskStores({
      task: id,
      specs: subtopology.stores,
      broker,
      ports,
      storages,
      openState,
      topics: this.#topics,
      cacheBytes,
      end: 'latest',
      onRestored: (records) => (metrics.restored += records),
    })
    return new StandbyTask({
      name,
      metrics,
      stores,
      ports,
      onCaughtUp: () => {
        if (this.#warming.length > 0 && this.#warming.every((one) => this.#standbys.get(one)?.isCaughtUp)) this.#membership.joinAgain()
      },
    })
  }

  #partOf(name: string): { readonly id: TaskId; readonly subtopology: Subtopology } {
    const id = parseTaskName(name)
    const subtopology = this.#options.topology.subtopologies.find((one) => one.id === id.subtopology)
    if (subtopology === undefined)
      throw new FatalStreamsError(`Task ${name} is of no sub-topology: all instances must run the same topology.`)
    return { id, subtopology }
  }

  async #dropAll(): Promise<void> {
    const loops = [...this.#loops.values()]
    this.#loops.clear()
    await Promise.all(loops.map((loop) => loop.abandon()))
  }

  async #end(): Promise<void> {
    this.#router.stop()
    this.#commits.close()
    await this.#fetching.stop()
    await this.#globals.stop()
  }

  #replaced(cause: unknown): void {
    const { instanceId } = this.#options
    this.#fail(new FatalStreamsError(`Another instance runs under the id "${instanceId}": give each instance its own.`, { cause }))
    void this.#dropAll()
  }

  #fail(error: unknown): void {
    this.#options.ports.logger.error('the instance cannot go on', { instance: this.instanceId, error: String(error) })
    this.#failure = error
    this.#become('failed')
  }

  #become(state: StreamsState): void {
    if (this.#state === state || this.#state === 'stopped' || (this.#state === 'failed' && state !== 'stopped')) return
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }

  *#queues(): Iterable<{ readonly queue: RecordQueue; wake(): void }> {
    for (const loop of this.#loops.values()) {
      if (loop.isRunning) for (const queue of loop.task.queues) yield { queue, wake: () => loop.wake() }
    }
  }
}

function infoOf(name: string, state: TaskInfo['state'], metrics: TaskMetrics, lag: number): TaskInfo {
  const { records, commits, restored, deadLetters, drops } = metrics
  return { name, state, lag, records, commits, restored, deadLetters, drops: Object.fromEntries(drops) }
}
