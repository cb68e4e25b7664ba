import { openTaskState, type StateStore } from '../../state/index.ts'
import type { Broker, GroupMember } from '../broker/index.ts'
import type { Topology } from '../graph/index.ts'
import type { Ports } from '../ports.ts'
import type { Assignment } from './assignment/messages.ts'
import { FatalStreamsError } from './errors.ts'
import { FetchLoop } from './fetch-loop.ts'
import { GlobalStores } from './global-stores.ts'
import { Membership } from './membership.ts'
import { withParkedKeys } from './parked-keys.ts'
import { Queries } from './queries/queries.ts'
import { QueryRouter } from './queries/query-router.ts'
import type { QueryHandler, QueryTransport } from './queries/query-transport.ts'
import type { RecordQueue } from './record-queue.ts'
import { parseTaskName, taskName } from './task-id.ts'
import { TaskLoop } from './task-loop.ts'
import type { TaskStorages } from './task-stores.ts'
import { Task } from './task.ts'
import { TopicTable } from './topic-table.ts'

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
  /** The longest a busy task goes without a commit; an idle one commits at once. Default 100 ms. */
  readonly commitIntervalMs?: number
  /** Rows and records gathered at most before a commit. Default 50,000. */
  readonly commitRecords?: number
  /** Default 6,000 ms. */
  readonly sessionTimeoutMs?: number
  /** Default a third of the session. */
  readonly heartbeatIntervalMs?: number
  /** Bytes of committed rows kept in memory per task. */
  readonly cacheBytes?: number
}

export type StreamsState = 'created' | 'starting' | 'rebalancing' | 'running' | 'stopped' | 'failed'

export interface TaskInfo {
  readonly name: string
  readonly state: 'restoring' | 'running'
  readonly lag: number
  readonly records: number
  readonly commits: number
  readonly restored: number
  readonly deadLetters: number
  readonly drops: Readonly<{ [reason: string]: number }>
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
  readonly #loops = new Map<string, TaskLoop>()
  readonly #listeners = new Set<(state: StreamsState) => void>()
  #state: StreamsState = 'created'
  #failure: unknown
  #owners: Assignment['owners'] = []

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
    this.#router = new QueryRouter({
      topology,
      topics: this.#topics,
      globals: this.#globals,
      ports: options.ports,
      endpoint: options.endpoint,
      transport: options.queryTransport,
      owners: () => this.#owners,
      task: (name) => this.task(name),
    })
    this.queries = new Queries(this.#router)
    const sessionTimeoutMs = options.sessionTimeoutMs ?? 6_000
    this.#membership = new Membership({
      groupId: options.applicationId,
      groups: options.broker.groups,
      ports: options.ports,
      sessionTimeoutMs,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? Math.floor(sessionTimeoutMs / 3),
      rebalanceTimeoutMs: sessionTimeoutMs,
      tasks: () => this.#allTasks(),
      subscription: () => ({
        instanceId: options.instanceId,
        held: [...this.#loops.keys()],
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
    return this.#membership.member.generation
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
    this.#membership.start()
    this.#fetching.start()
  }

  /** Commits, hands the tasks over and leaves the group. */
  async stop(): Promise<void> {
    if (this.#isOver) return
    this.#become('stopped')
    await Promise.all([...this.#loops.values()].map((loop) => loop.close()))
    await this.#membership.leave()
    await this.#end()
  }

  /** Drops everything where it stands, as a crash would: no commit, no word to the group. */
  async kill(): Promise<void> {
    if (this.#isOver) return
    this.#become('stopped')
    this.#membership.abandon()
    await this.#dropAll()
    await this.#end()
  }

  /** Answers a question of another instance, as far as it can be answered here: for transports. */
  readonly answer: QueryHandler = (request) => this.#router.answer(request)

  tasks(): readonly TaskInfo[] {
    return [...this.#loops.values()].map(({ task, isRunning }) => ({
      name: task.name,
      state: isRunning ? 'running' : 'restoring',
      lag: task.lag,
      records: task.metrics.records,
      commits: task.metrics.commits,
      restored: task.metrics.restored,
      deadLetters: task.metrics.deadLetters,
      drops: Object.fromEntries(task.metrics.drops),
    }))
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
    const wanted = new Set(assignment.active)
    const given = [...this.#loops].filter(([name]) => !wanted.has(name))
    await Promise.all(given.map(([, loop]) => loop.close()))
    for (const [name] of given) this.#loops.delete(name)
    if (this.#isOver) return false
    for (const name of wanted) if (!this.#loops.has(name)) this.#loops.set(name, this.#open(name))
    this.#become('running')
    this.#fetching.refresh()
    return given.length > 0
  }

  #open(name: string): TaskLoop {
    const { topology, applicationId, broker, ports, storages, cacheBytes } = this.#options
    const id = parseTaskName(name)
    const subtopology = topology.subtopologies.find((one) => one.id === id.subtopology)
    if (subtopology === undefined)
      throw new FatalStreamsError(`Task ${name} is of no sub-topology: all instances must run the same topology.`)
    const task = new Task(id, subtopology, {
      applicationId,
      groupId: applicationId,
      broker,
      ports,
      storages,
      openState: this.#options.openState ?? openTaskState,
      topics: this.#topics,
      guarantee: this.#options.guarantee ?? 'exactly_once',
      cacheBytes,
      member: (): GroupMember => this.#membership.member,
      globalStore: (store): StateStore | undefined => this.#globals.store(store),
    })
    return new TaskLoop(task, {
      ports,
      commitIntervalMs: this.#options.commitIntervalMs ?? 200,
      commitRecords: this.#options.commitRecords ?? 50_000,
      onHungry: () => this.#fetching.refresh(),
      onFatal: (error) => this.#fail(error),
      isMember: () => this.#membership.confirm(),
    })
  }

  async #dropAll(): Promise<void> {
    const loops = [...this.#loops.values()]
    this.#loops.clear()
    await Promise.all(loops.map((loop) => loop.abandon()))
  }

  async #end(): Promise<void> {
    this.#router.stop()
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
