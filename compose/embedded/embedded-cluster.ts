import type { ClusterControl, ClusterMetrics, DeadLetterView, InstanceView, Rebalance } from '../../api/index.ts'
import {
  inProcessQueryTransport,
  NotAvailableError,
  Streams,
  totalLag,
  type Broker,
  type PartitionLag,
  type Ports,
  type Queries,
  type TaskInfo,
  type TaskStorages,
  type Topology,
} from '../../topology/index.ts'
import { deadLetterViews } from '../cluster/dead-letter-views.ts'
import { instanceView } from '../cluster/instance-view.ts'
import { unreadyReasons } from '../cluster/readiness.ts'
import { RebalanceLog } from '../cluster/rebalance-log.ts'
import { TaskRates } from '../cluster/task-rates.ts'

export interface EmbeddedClusterOptions {
  readonly applicationId: string
  readonly topology: Topology
  readonly broker: Broker
  readonly ports: Ports
  /** The storages for the state of an instance. */
  storagesOf(instanceId: string): TaskStorages
}

interface Member {
  readonly streams: Streams
  ended?: 'STOPPED' | 'DEAD'
}

const POLL_MS = 10
const LAG_INTERVAL_MS = 1_000
/** Members learn of a rebalance by heartbeat, and heartbeats within a process are cheap. */
const HEARTBEAT_MS = 200

/** Several instances in one process. Each has its own group membership, state directory and tasks, as if it ran in its own process. */
export class EmbeddedCluster {
  readonly control: ClusterControl = {
    add: () => this.add(),
    stop: (id) => this.#end(id, 'STOPPED'),
    kill: (id) => this.#end(id, 'DEAD'),
  }
  readonly #options: EmbeddedClusterOptions
  readonly #transport = inProcessQueryTransport()
  readonly #members = new Map<string, Member>()
  readonly #rebalances: RebalanceLog
  readonly #rates: TaskRates
  readonly #closed = new AbortController()
  #lags: readonly PartitionLag[] = []

  constructor(options: EmbeddedClusterOptions) {
    this.#options = options
    this.#rebalances = new RebalanceLog(options.ports.clock)
    this.#rates = new TaskRates(options.topology, options.ports.clock)
    void this.#keepLag()
  }

  /** Starts an instance with the lowest free number. It finds the state of a stopped or killed instance that had this number. */
  async add(): Promise<InstanceView> {
    const { applicationId, topology, broker, ports, storagesOf } = this.#options
    const instanceId = this.#freeId()
    const streams = new Streams({
      topology,
      applicationId,
      instanceId,
      broker,
      ports,
      storages: storagesOf(instanceId),
      endpoint: instanceId,
      queryTransport: this.#transport,
      heartbeatIntervalMs: HEARTBEAT_MS,
    })
    const member: Member = { streams }
    this.#members.set(instanceId, member)
    streams.onStateChange((state) => {
      if (state === 'running') this.#rebalances.record(streams.generation, streams.owners)
      if (state === 'failed') ports.logger.error(`${instanceId} failed`, { error: String(streams.failure) })
    })
    await streams.start()
    return viewOf(instanceId, member)
  }

  /**
   * Resolves when `tasks` tasks run and the group is stable. Rejects with the failure of an instance that failed. `onProgress` gets the share
   * of the tasks that run.
   */
  async ready(tasks: number, onProgress: (share: number) => void = () => {}): Promise<void> {
    const { timers } = this.#options.ports
    while (!this.#isStable() || this.#runningTasks() < tasks) {
      for (const { streams } of this.#members.values()) if (streams.state === 'failed') throw streams.failure
      onProgress(Math.min(1, this.#runningTasks() / tasks))
      await timers.sleep(POLL_MS)
    }
  }

  /** Interactive queries over all stores, through any running instance. */
  queries(): Queries {
    const [member] = this.#running()
    if (member === undefined) throw new NotAvailableError('No instance runs in this process. Add one.')
    return member.streams.queries
  }

  instances(): readonly InstanceView[] {
    return [...this.#members].sort(([a], [b]) => numberOf(a) - numberOf(b)).map(([id, member]) => viewOf(id, member))
  }

  rebalances(last: number): readonly Rebalance[] {
    return this.#rebalances.newest(last)
  }

  async deadLetters(last: number): Promise<readonly DeadLetterView[]> {
    return deadLetterViews(this.#options.broker, this.#options.applicationId, last)
  }

  /** The total lag in records, and the rates of the nodes. */
  figures(): Pick<ClusterMetrics, 'lag' | 'nodes'> {
    const tasks = this.#tasks()
    return { lag: totalLag(this.#lags), nodes: this.#rates.nodes(tasks, this.#lags) }
  }

  /** Asks the broker for the lag, which `figures` shows: any instance knows that of all partitions. */
  async refreshLag(): Promise<void> {
    const [member] = this.#members.values()
    if (member !== undefined) this.#lags = await member.streams.lag()
  }

  /** Why the bank cannot do all its work at the moment, one line each. */
  unready(): readonly string[] {
    return unreadyReasons({ instances: this.instances(), lags: this.#lags, missing: [] })
  }

  async #keepLag(): Promise<void> {
    const { timers } = this.#options.ports
    while (!this.#closed.signal.aborted) {
      await this.refreshLag().catch(() => undefined) // the last one that is known is shown
      await timers.sleep(LAG_INTERVAL_MS, this.#closed.signal).catch(() => undefined)
    }
  }

  /** Stops every instance: each commits and leaves the group. */
  async close(): Promise<void> {
    this.#closed.abort(new Error('The cluster is closed'))
    await Promise.all(this.#running().map(({ streams }) => streams.stop()))
  }

  async #end(id: string, state: 'STOPPED' | 'DEAD'): Promise<boolean> {
    const member = this.#members.get(id)
    if (member === undefined || member.ended !== undefined) return false
    member.ended = state
    await (state === 'STOPPED' ? member.streams.stop() : member.streams.kill())
    return true
  }

  #running(): readonly Member[] {
    return [...this.#members.values()].filter(({ ended, streams }) => ended === undefined && streams.state !== 'failed')
  }

  /** Whether every running instance takes part in an assignment that contains all of them. */
  #isStable(): boolean {
    const running = this.#running()
    return running.every(({ streams }) => streams.state === 'running' && streams.owners.length === running.length)
  }

  #tasks(): readonly TaskInfo[] {
    return this.#running().flatMap(({ streams }) => streams.tasks())
  }

  #runningTasks(): number {
    return this.#tasks().filter(({ state }) => state === 'running').length
  }

  #freeId(): string {
    for (let number = 1; ; number++) {
      const id = `instance-${number}`
      const member = this.#members.get(id)
      if (member === undefined || member.ended !== undefined || member.streams.state === 'failed') return id
    }
  }
}

function viewOf(id: string, { streams, ended }: Member): InstanceView {
  return ended === undefined
    ? instanceView(id, streams.state, streams.tasks(), streams.health())
    : { id, state: ended, healthy: false, problems: [], tasks: [] }
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}
