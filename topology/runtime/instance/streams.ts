import { openTaskState, type Compression } from '../../../state/index.ts'
import type { Broker } from '../../broker/index.ts'
import { FatalStreamsError, messageOf, TaskMigratedError } from '../../errors.ts'
import type { Topology } from '../../graph/index.ts'
import type { Ports, TimerHandle } from '../../ports.ts'
import { TopicTable, type StoredOffsets } from '../../topics/index.ts'
import type { Owner } from '../assignment/index.ts'
import { GroupCommit } from '../commit/index.ts'
import { withParkedKeys } from '../dead-letters/index.ts'
import { faultOf } from '../fault.ts'
import { OutageLog } from '../outage-log.ts'
import { Queries, QueryRouter, type QueryHandler, type QueryTransport } from '../queries/index.ts'
import { GlobalStores, type TaskStorages } from '../state/index.ts'
import type { Task } from '../task/index.ts'
import type { ErrorHandlers } from '../error-handlers.ts'
import { parseTaskName } from '../task-id.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { within } from '../within.ts'
import { FetchLoop } from './fetch-loop.ts'
import { InputEnds } from './input-ends.ts'
import { InstanceLifecycle, type StreamsState } from './instance-lifecycle.ts'
import { Membership } from './membership.ts'
import { partitionLags, type PartitionLag } from './partition-lag.ts'
import { PeerWatch } from './peer-watch.ts'
import type { TaskInfo } from './task-info.ts'
import { TaskManager } from './task-manager.ts'
import { TopicWatch } from './topic-watch.ts'

export interface StreamsOptions {
  readonly topology: Topology
  /** Names the group, the internal topics and the transactional ids: instances with the same one divide the tasks. */
  readonly applicationId: string
  /** A name of this instance that outlives a restart. */
  readonly instanceId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly storages: TaskStorages
  /** Opens a task's stores; simulations put faults in between. */
  readonly openState?: typeof openTaskState
  /** Where other instances can send queries to, in the transport's own terms. */
  readonly endpoint?: string
  /** How instances query each other; without it an instance answers only from its own tasks. */
  readonly queryTransport?: QueryTransport
  /**
   * Holds idle connections to the endpoints of other instances, and removes one from the group as soon as its process has ended. Default true, where there
   * is an endpoint and the transport can hold connections (HTTP).
   */
  readonly peerWatch?: boolean
  /** Default `exactly_once`. */
  readonly guarantee?: 'exactly_once' | 'at_least_once'
  /**
   * After this long the broker aborts a transaction that its instance has not ended, e.g. because the instance died: until then its records hold up
   * the readers of committed records. It must exceed `commitIntervalMs` and the longest commit, and the brokers' `transaction.max.timeout.ms` bounds
   * it (15 minutes by default). Milliseconds; default 60,000. Only with `exactly_once`.
   */
  readonly transactionTimeoutMs?: number
  /** The longest a busy task goes without a commit; an idle one commits at once. Default 500 ms. */
  readonly commitIntervalMs?: number
  /** The most rows written and records to be sent before a commit. Default 100,000. */
  readonly commitRecords?: number
  /** Default 6,000 ms. */
  readonly sessionTimeoutMs?: number
  /** Also the longest until a member learns of a rebalance. Default an eighth of the session timeout. */
  readonly heartbeatIntervalMs?: number
  /**
   * The longest that processing may block the thread (Kafka's `max.poll.interval.ms`). Until then the group waits for the instance; afterwards its
   * heartbeats end, and its tasks move when its session has timed out. Default 300,000 ms.
   */
  readonly maxPollIntervalMs?: number
  /** Bytes of committed rows kept in memory per task. */
  readonly cacheBytes?: number
  /** Copies of each task's state on other instances; the same on every instance. Default 0. */
  readonly standbys?: number
  /** What happens to records that cannot be read, processed or produced. Default: they are parked. */
  readonly errorHandlers?: ErrorHandlers
  /**
   * How the batches that this instance writes are compressed (Kafka's `compression.type`). A sink, a repartition topic or a store may choose
   * otherwise. Default: `none`, as in Kafka.
   */
  readonly compression?: Compression
  /** A task that has work and has committed nothing for so long is stalled. Default 30,000 ms. */
  readonly stallTimeoutMs?: number
  /** Topics are looked at again after so long, and at once after an error that concerns one. Default 60,000 ms. */
  readonly metadataMaxAgeMs?: number
}

export interface StopOptions {
  /** How long the instance may take to commit and to leave the group. Default 10,000 ms. */
  readonly timeoutMs?: number
}

/** Whether an instance does its work; if not, why. */
export interface InstanceHealth {
  readonly isHealthy: boolean
  /** One line each, such as `task 0_1 is stalled: …`. */
  readonly problems: readonly string[]
}

type EndSteps = (within: (share: number, work: Promise<unknown>) => Promise<boolean>) => Promise<void>

const STOP_TIMEOUT_MS = 10_000
const START_RETRY_MS = 100
const LONGEST_START_PAUSE_MS = 1_000
const STALL_TIMEOUT_MS = 30_000
const CHECK_INTERVAL_MS = 1_000
const MAX_POLL_INTERVAL_MS = 300_000
/** Of the time for a stop, what closing the tasks may take: LeaveGroup needs some of it too. */
const TASKS_SHARE = 0.8

/**
 * One instance of an application (Kafka's `KafkaStreams`). It owns a membership in the group, one fetcher for all its tasks, and the
 * tasks. Several instances, in one process or many, divide the tasks among themselves.
 */
export class Streams {
  readonly instanceId: string
  /** Queries of the state of the whole application, on whichever instance it is. */
  readonly queries: Queries
  readonly #applicationId: string
  readonly #ports: Ports
  readonly #lifecycle: InstanceLifecycle
  readonly #broker: Broker
  readonly #topology: Topology
  readonly #topics: TopicTable
  readonly #watch: TopicWatch
  readonly #membership: Membership
  readonly #fetching: FetchLoop
  readonly #globals: GlobalStores
  readonly #commits: GroupCommit
  readonly #tasks: TaskManager
  readonly #inputs: InputEnds
  readonly #stallTimeoutMs: number
  readonly #rebalances: OutageLog
  readonly #router: QueryRouter
  readonly #errorHandlers: ErrorHandlers
  readonly #peers: PeerWatch | undefined
  #check: TimerHandle | undefined
  readonly #ended = new AbortController()
  #ending: Promise<void> | undefined
  /** Why the instance cannot start yet. */
  #obstacle: string | undefined

  constructor(options: StreamsOptions) {
    const { applicationId, broker, endpoint, instanceId, ports, sessionTimeoutMs = 6_000, guarantee = 'exactly_once' } = options
    const { stallTimeoutMs = STALL_TIMEOUT_MS } = options
    const maxPollIntervalMs = Math.max(sessionTimeoutMs, options.maxPollIntervalMs ?? MAX_POLL_INTERVAL_MS)
    const topology = withParkedKeys(options.topology)
    this.instanceId = instanceId
    this.#applicationId = applicationId
    this.#broker = broker
    this.#topology = topology
    this.#ports = ports
    this.#errorHandlers = options.errorHandlers ?? {}
    this.#lifecycle = new InstanceLifecycle(instanceId, ports)
    this.#lifecycle.onChange((state) => state === 'failed' && this.#closeFailed())
    this.#topics = new TopicTable({ applicationId, topology, admin: broker.admin, ports, compression: options.compression })
    this.#watch = new TopicWatch({
      topics: this.#topics,
      ports,
      metadataMaxAgeMs: options.metadataMaxAgeMs ?? 60_000,
      onLooked: async () => {
        await this.#globals.followTopics((topic) => this.#topics.partitions(topic))
        this.#tasks.followTopics()
      },
      onFatal: (error) => this.#lifecycle.fail(error),
    })
    this.#globals = new GlobalStores({
      stores: topology.globalStores,
      broker,
      ports,
      errorHandlers: this.#errorHandlers,
      onFatal: (error) => this.#lifecycle.fail(error),
      onTopicError: () => this.#watch.lookNow(),
    })
    this.#fetching = new FetchLoop({
      broker,
      ports,
      onTopicError: () => this.#watch.lookNow(),
      onFatal: (error) => this.#lifecycle.fail(error),
    })
    this.#membership = new Membership({
      groupId: applicationId,
      groups: broker.groups,
      ports,
      sessionTimeoutMs,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? Math.floor(sessionTimeoutMs / 8),
      maxPollIntervalMs,
      standbys: options.standbys ?? 0,
    })
    this.#peers = this.#peerWatchOf(options)
    this.#commits = new GroupCommit({
      applicationId,
      instanceId,
      broker,
      ports,
      guarantee,
      transactionTimeoutMs: options.transactionTimeoutMs,
      identity: this.#membership,
    })
    this.#tasks = new TaskManager({
      instanceId,
      applicationId,
      endpoint,
      topology,
      guarantee,
      transactionTimeoutMs: options.transactionTimeoutMs,
      commitIntervalMs: options.commitIntervalMs ?? 500,
      commitRecords: options.commitRecords ?? 100_000,
      cacheBytes: options.cacheBytes,
      stallTimeoutMs,
      maxPollIntervalMs,
      errorHandlers: this.#errorHandlers,
      broker,
      ports,
      storages: options.storages,
      openState: options.openState ?? openTaskState,
      topics: this.#topics,
      globals: this.#globals,
      commits: this.#commits,
      membership: this.#membership,
      peers: this.#peers,
      fetching: this.#fetching,
      lifecycle: this.#lifecycle,
      onTopicError: () => this.#watch.lookNow(),
    })
    this.#inputs = new InputEnds({
      admin: broker.admin,
      ports,
      source: this.#tasks,
      stallTimeoutMs,
    })
    this.#stallTimeoutMs = stallTimeoutMs
    this.#rebalances = new OutageLog(ports.clock, ports.logger)
    this.#router = new QueryRouter({
      topology,
      topics: this.#topics,
      globals: this.#globals,
      ports,
      endpoint,
      transport: options.queryTransport,
      directory: this.#tasks,
    })
    this.queries = new Queries(this.#router)
  }

  get state(): StreamsState {
    return this.#lifecycle.state
  }

  /** Why the instance failed. */
  get failure(): unknown {
    return this.#lifecycle.failure
  }

  /** The group's generation as of the last rebalance; -1 before the first. */
  get generation(): number {
    return this.#membership.generation
  }

  /** Which instance owns which task, as of the last rebalance. */
  get owners(): readonly Owner[] {
    return this.#tasks.owners
  }

  /**
   * Creates the internal topics that are missing and joins the group. While no broker answers it waits, as Kafka Streams does, says so in the log
   * (`broker-unreachable`) and in `health()`, and ends the wait when the instance is stopped. Throws `FatalStreamsError`, for instance when source topics
   * are missing; the instance is then `failed` and nothing of it runs.
   */
  async start(): Promise<void> {
    const name = `Instance ${this.instanceId}`
    if (this.state !== 'created') throw new FatalStreamsError(`${name} was started before: create a new one.`)
    this.#lifecycle.become('starting')
    const { droppedRecordsTopic } = this.#errorHandlers
    const otherOutputs = droppedRecordsTopic === undefined ? [] : [droppedRecordsTopic]
    const storedOffsets: StoredOffsets = (partitions) =>
      this.#broker.groups.committedOffsets(this.#applicationId, partitions, { requireStable: false })
    try {
      await this.#onceReachable(() => this.#topics.ensure(storedOffsets, otherOutputs))
      this.#warnOfLeftovers()
      await this.#onceReachable(() => this.#globals.start())
    } catch (error) {
      if (this.#lifecycle.isStopped) throw new FatalStreamsError(`${name} was stopped while it was starting.`, { cause: error })
      this.#lifecycle.fail(error)
      await this.#ending
      throw error
    }
    this.#watch.start()
    this.#router.start()
    this.#commits.start()
    this.#membership.start(this.#tasks)
    this.#fetching.start(this.#tasks)
    this.#armCheck()
  }

  /**
   * Commits, revokes the tasks and leaves the group. Returns after the timeout at the latest, also when a processor never resolves or no broker
   * answers; what is not committed by then is done again by the next owner. A second call waits for the first one.
   */
  async stop({ timeoutMs = STOP_TIMEOUT_MS }: StopOptions = {}): Promise<void> {
    await this.#stopAs(timeoutMs, async (within) => {
      if (!(await within(TASKS_SHARE, this.#tasks.close()))) this.#tasks.warnOfPending()
      await within(1, this.#membership.leave())
    })
  }

  /** Drops everything as a crash would: no commit, no LeaveGroup. */
  async kill({ timeoutMs = STOP_TIMEOUT_MS }: StopOptions = {}): Promise<void> {
    await this.#stopAs(timeoutMs, async (within) => {
      this.#membership.abandon()
      await within(TASKS_SHARE, this.#tasks.drop())
    })
  }

  /** Whether the instance does its work: it runs, its global stores are kept up to date, and none of its tasks waits or is stalled. */
  health(): InstanceHealth {
    const { state, failure } = this.#lifecycle
    const { obstacle: globals } = this.#globals
    const problems = [
      ...(state === 'running' || state === 'rebalancing'
        ? []
        : [
            failure === undefined
              ? `the instance is ${state}${this.#obstacle === undefined ? '' : `: ${this.#obstacle}`}`
              : `the instance has failed: ${messageOf(failure)}`,
          ]),
      ...(globals === undefined ? [] : [`the global stores are not up to date: ${globals.reason}`]),
      ...(this.#rebalanceObstacle === undefined ? [] : [this.#rebalanceObstacle]),
      ...this.#outages().map((reason) => `the brokers cannot be reached: ${reason}`),
      ...this.#tasks
        .infos()
        .flatMap(({ name, state: taskState, obstacle }) =>
          obstacle === undefined
            ? []
            : [`task ${name} is ${taskState}: ${obstacle.reason}${obstacle.record === undefined ? '' : ` (${obstacle.record})`}`],
        ),
    ]
    return { isHealthy: problems.length === 0, problems }
  }

  /**
   * How far the application is behind in each of its input partitions, whichever instance owns it. Rejects with `RetriableBrokerError` when no broker
   * answers, and is empty until the instance has found its topics.
   */
  lag(): Promise<readonly PartitionLag[]> {
    return partitionLags({
      groupId: this.#applicationId,
      broker: this.#broker,
      subtopologies: this.#topology.subtopologies,
      topics: this.#topics,
      owners: this.owners,
      openedAt: (task) => this.#tasks.task(task)?.committedPositions ?? [],
    })
  }

  /** A rebalance takes no longer than the other members' sessions, unless the coordinator does not answer or a task here does not close. */
  get #rebalanceObstacle(): string | undefined {
    const { state, ageMs } = this.#lifecycle
    if (state !== 'rebalancing' || ageMs < this.#stallTimeoutMs) return undefined
    return 'The rebalance does not end: the group coordinator does not answer, or a task that is revoked does not close.'
  }

  /** Each reason once: while no broker answers, several loops say so. */
  #outages(): readonly string[] {
    const { state } = this.#lifecycle
    if (state !== 'running' && state !== 'rebalancing') return []
    const reasons = [this.#membership.obstacle, this.#fetching.obstacle, this.#inputs.obstacle]
    return [...new Set(reasons.filter((reason) => reason !== undefined))]
  }

  /** Answers a query of another instance from this instance alone: for transports. */
  readonly answer: QueryHandler = (request) => this.#router.answer(request)

  /** Records that were dropped from global stores, by reason code. */
  globalDrops(): Readonly<{ [reason: string]: number }> {
    return Object.fromEntries(this.#globals.drops)
  }

  tasks(): readonly TaskInfo[] {
    return this.#tasks.infos()
  }

  /** The task of that name whose committed state can be read, if this instance owns it. */
  task(name: string): Task | undefined {
    return this.#tasks.task(name)
  }

  /** Calls back at each change. Returns a function that stops that. */
  onStateChange(listener: (state: StreamsState) => void): () => void {
    return this.#lifecycle.onChange(listener)
  }

  /** Repeats a step of the start for as long as no broker answers. Rejects when the instance is stopped. */
  async #onceReachable(step: () => Promise<void>): Promise<void> {
    const { clock, logger, timers } = this.#ports
    const outage = new OutageLog(clock, logger)
    const instance = this.instanceId
    for (let pauseMs = START_RETRY_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_START_PAUSE_MS)) {
      try {
        await unlessAborted(step(), this.#ended.signal)
        this.#obstacle = undefined
        return outage.recovered('the brokers answer', { instance })
      } catch (error) {
        if (this.#ended.signal.aborted || faultOf(error) !== 'world') throw error
        this.#obstacle = messageOf(error)
        outage.failed('the instance cannot start yet; it tries again', this.#obstacle, { code: 'broker-unreachable', instance })
        await timers.sleep(pauseMs, this.#ended.signal)
      }
    }
  }

  /** What a failure or another call has begun is waited for. */
  async #stopAs(timeoutMs: number, steps: EndSteps): Promise<void> {
    this.#lifecycle.become('stopped')
    if (this.#ending !== undefined) await within(this.#ports.timers, timeoutMs, this.#ending)
    else await (this.#ending = this.#end(timeoutMs, steps))
  }

  /**
   * As Kafka Streams' SHUTDOWN_CLIENT: commits nothing, closes the tasks and leaves the group, so that other instances take them. `failure`, `health()`
   * and `tasks()` stay readable.
   */
  #closeFailed(): void {
    this.#ending ??= this.#end(STOP_TIMEOUT_MS, async (within) => {
      if (!(await within(TASKS_SHARE, this.#tasks.abandon()))) this.#tasks.warnOfPending()
      await within(1, this.#membership.leave())
    })
    this.#ending.catch((error: unknown) => {
      this.#ports.logger.warn('a failed instance could not be closed cleanly', { instance: this.instanceId, error: String(error) })
    })
  }

  /** Ends the instance by `steps`, each of which gets the share of the time that is left, and then everything else. */
  async #end(timeoutMs: number, steps: EndSteps): Promise<void> {
    const { clock, timers } = this.#ports
    const deadline = clock.monotonic() + timeoutMs
    const inTime = (share: number, work: Promise<unknown>): Promise<boolean> =>
      within(timers, share * Math.max(0, deadline - clock.monotonic()), work)
    this.#ended.abort(new TaskMigratedError(`Instance ${this.instanceId} is ${this.state}`))
    this.#check?.cancel()
    this.#peers?.stop()
    await steps(inTime)
    this.#router.stop()
    this.#commits.close()
    await inTime(1, Promise.all([this.#watch.stop(), this.#fetching.stop(), this.#globals.stop()]))
  }

  /** Processes nothing any more. */
  #checkRebalance(): void {
    const instance = this.instanceId
    const obstacle = this.#rebalanceObstacle
    if (obstacle === undefined) this.#rebalances.recovered('the rebalance has ended', { instance })
    else this.#rebalances.failed('a rebalance does not end', obstacle, { code: 'rebalance-stalled', instance })
  }

  #warnOfLeftovers(): void {
    const topics = this.#topics.leftovers
    if (topics.length === 0) return
    this.#ports.logger.warn(
      'there are internal topics that this topology does not have: of a store or an operator that was renamed or removed (a renamed store starts ' +
        'empty), or of an application whose id begins with this one. Delete them once no version needs them',
      { code: 'leftover-state', topics },
    )
  }

  #peerWatchOf({
    applicationId,
    broker,
    endpoint,
    instanceId,
    peerWatch = true,
    ports,
    queryTransport,
    topology,
  }: StreamsOptions): PeerWatch | undefined {
    if (!peerWatch || endpoint === undefined || queryTransport?.hold === undefined) return undefined
    const stateful = new Set(topology.subtopologies.filter(({ stores }) => stores.length > 0).map(({ id }) => id))
    return new PeerWatch({
      instanceId,
      groupId: applicationId,
      groups: broker.groups,
      hold: (peer) => queryTransport.hold?.(peer) ?? Promise.reject(new TypeError('The transport holds no connections')),
      ports,
      isStateful: (task) => stateful.has(parseTaskName(task).subtopology),
      onRemoved: () => this.#membership.rejoinNow(),
    })
  }

  #armCheck(): void {
    this.#check = this.#ports.timers.setTimeout(() => {
      this.#checkRebalance()
      this.#inputs.check()
      this.#tasks.checkProgress()
      this.#armCheck()
    }, CHECK_INTERVAL_MS)
  }
}
