import type { Cluster, ClusterMetrics, InstanceView, Rebalance } from '../../api/index.ts'
import {
  StreamsObserver,
  totalLag,
  type Broker,
  type HttpQueryTransport,
  type PartitionLag,
  type Ports,
  type TaskInfo,
  type Topology,
} from '../../topology/index.ts'
import { deadLetterViews } from '../cluster/dead-letter-views.ts'
import { instanceView } from '../cluster/instance-view.ts'
import { RebalanceLog } from '../cluster/rebalance-log.ts'
import { unreadyReasons } from '../cluster/readiness.ts'
import { TaskRates } from '../cluster/task-rates.ts'
import { viewOf } from '../cluster/topology-view.ts'
import { STATUS_PATH } from './instance-server.ts'
import type { InstanceStatus } from './instance-status.ts'

export interface ProcessClusterOptions {
  readonly applicationId: string
  readonly topology: Topology
  readonly broker: Broker
  readonly ports: Ports
  readonly transport: HttpQueryTransport
  readonly secret: string
  /** Rejects while the registry does not answer. */
  checkRegistry(): Promise<void>
}

const STATUS_INTERVAL_MS = 1_000
const REGISTRY_INTERVAL_MS = 5_000

/** The instances of an application in many processes, seen from outside: the group lists the members, each member reports its own status. */
export class ProcessCluster {
  readonly observer: StreamsObserver
  readonly #options: ProcessClusterOptions
  readonly #rebalances: RebalanceLog
  readonly #rates: TaskRates
  readonly #stopped = new AbortController()
  #instances: readonly (InstanceView & { readonly infos: readonly TaskInfo[] })[] = []
  #lags: readonly PartitionLag[] = []
  /** What does not answer, and why; by its name. */
  readonly #outages = new Map<string, string>()
  #polling: Promise<unknown> | undefined

  private constructor(options: ProcessClusterOptions, observer: StreamsObserver, rebalances: RebalanceLog) {
    this.#options = options
    this.observer = observer
    this.#rebalances = rebalances
    this.#rates = new TaskRates(options.topology, options.ports.clock)
  }

  static async open(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const { applicationId, topology, broker, ports, transport } = options
    const rebalances = new RebalanceLog(ports.clock)
    const observer = await StreamsObserver.open({
      topology,
      applicationId,
      broker,
      ports,
      queryTransport: transport,
      onRebalance: ({ generation, owners }) => rebalances.record(generation, owners),
    })
    const cluster = new ProcessCluster(options, observer, rebalances)
    cluster.#polling = Promise.all([cluster.#poll(), cluster.#watchRegistry()])
    return cluster
  }

  /** The cluster as a port of the API; the figures of the bank itself come in as functions. */
  view(bank: { transfersPerSecond(): number; booksBalanced(): boolean | null }): Cluster {
    const { topology, broker, applicationId, ports } = this.#options
    const graph = viewOf(topology)
    return {
      topology: () => graph,
      instances: () => this.#instances.map(({ infos: _, ...view }) => view),
      rebalances: (last): readonly Rebalance[] => this.#rebalances.newest(last),
      deadLetters: (last) => deadLetterViews(broker, applicationId, last),
      metrics: (): ClusterMetrics => {
        const tasks = this.#instances.flatMap(({ infos }) => infos)
        return {
          time: ports.clock.now(),
          transfersPerSecond: bank.transfersPerSecond(),
          booksBalanced: bank.booksBalanced(),
          lag: totalLag(this.#lags),
          nodes: this.#rates.nodes(tasks, this.#lags),
        }
      },
    }
  }

  /** Why the bank cannot do all its work at the moment, one line each. */
  unready(): readonly string[] {
    const missing = [...this.#outages].map(([name, why]) => `${name} cannot be reached: ${why}`)
    return unreadyReasons({ instances: this.#instances, lags: this.#lags, missing })
  }

  async close(): Promise<void> {
    this.#stopped.abort(new Error('The cluster view is closed'))
    await this.#polling
    await this.observer.close()
  }

  async #poll(): Promise<void> {
    const { timers } = this.#options.ports
    while (!this.#stopped.signal.aborted) {
      const instances = await Promise.all(this.observer.owners.map((owner) => this.#viewOf(owner)))
      this.#instances = instances.toSorted((one, other) => (one.id < other.id ? -1 : 1))
      await this.#whileReachable('the brokers', async () => {
        this.#lags = await this.observer.lag()
      })
      await timers.sleep(STATUS_INTERVAL_MS, this.#stopped.signal).catch(() => undefined)
    }
  }

  async #watchRegistry(): Promise<void> {
    const { timers } = this.#options.ports
    while (!this.#stopped.signal.aborted) {
      await this.#whileReachable('the registry', () => this.#options.checkRegistry())
      await timers.sleep(REGISTRY_INTERVAL_MS, this.#stopped.signal).catch(() => undefined)
    }
  }

  async #whileReachable(name: string, ask: () => Promise<void>): Promise<void> {
    try {
      await ask()
      this.#outages.delete(name)
    } catch (error) {
      this.#outages.set(name, error instanceof Error ? error.message : String(error))
    }
  }

  /** A member that does not answer is shown as dead until the group removes it. */
  async #viewOf({
    instanceId,
    endpoint,
  }: StreamsObserver['owners'][number]): Promise<InstanceView & { readonly infos: readonly TaskInfo[] }> {
    const { ports, secret } = this.#options
    try {
      const response = await fetch(`${endpoint ?? ''}${STATUS_PATH}`, {
        headers: { authorization: `Bearer ${secret}` },
        signal: AbortSignal.timeout(STATUS_INTERVAL_MS),
      })
      if (!response.ok) throw new Error(`HTTP status ${response.status}`)
      const { state, tasks, health } = (await response.json()) as InstanceStatus
      return { ...instanceView(instanceId, state, tasks, health), infos: tasks }
    } catch (error) {
      ports.logger.debug('instance does not report its status', { instance: instanceId, error: String(error) })
      return { id: instanceId, state: 'DEAD', healthy: false, problems: ['it does not report its status'], tasks: [], infos: [] }
    }
  }
}
