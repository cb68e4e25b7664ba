import type { Cluster, ClusterMetrics, InstanceView, Rebalance } from '../../api/index.ts'
import { StreamsObserver, type Broker, type HttpQueryTransport, type Ports, type TaskInfo, type Topology } from '../../topology/index.ts'
import { deadLetterViews } from '../cluster/dead-letter-views.ts'
import { instanceView } from '../cluster/instance-view.ts'
import { RebalanceLog } from '../cluster/rebalance-log.ts'
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
}

const STATUS_EVERY_MS = 1_000

/** The instances of an application that runs in many processes, seen from outside: who they are comes from the group, how they are doing from themselves. */
export class ProcessCluster {
  readonly observer: StreamsObserver
  readonly #options: ProcessClusterOptions
  readonly #rebalances: RebalanceLog
  readonly #rates: TaskRates
  readonly #stopped = new AbortController()
  #instances: readonly (InstanceView & { readonly infos: readonly TaskInfo[] })[] = []
  #looking: Promise<void> | undefined

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
    cluster.#looking = cluster.#keepLooking()
    return cluster
  }

  /** As the API sees it; what only the bank knows is told to it. */
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
          lag: tasks.reduce((sum, { lag }) => sum + lag, 0),
          nodes: this.#rates.nodes(tasks),
        }
      },
    }
  }

  async close(): Promise<void> {
    this.#stopped.abort(new Error('The cluster is not looked at any more'))
    await this.#looking
    await this.observer.close()
  }

  async #keepLooking(): Promise<void> {
    const { timers } = this.#options.ports
    while (!this.#stopped.signal.aborted) {
      const instances = await Promise.all(this.observer.owners.map((owner) => this.#viewOf(owner)))
      this.#instances = instances.toSorted((one, other) => (one.id < other.id ? -1 : 1))
      await timers.sleep(STATUS_EVERY_MS, this.#stopped.signal).catch(() => undefined)
    }
  }

  /** A member of the group that does not answer is counted as dead until the group does without it. */
  async #viewOf({
    instanceId,
    endpoint,
  }: StreamsObserver['owners'][number]): Promise<InstanceView & { readonly infos: readonly TaskInfo[] }> {
    const { ports, secret } = this.#options
    try {
      const response = await fetch(`${endpoint ?? ''}${STATUS_PATH}`, {
        headers: { authorization: `Bearer ${secret}` },
        signal: AbortSignal.timeout(STATUS_EVERY_MS),
      })
      if (!response.ok) throw new Error(`It answers ${response.status}.`)
      const { state, tasks } = (await response.json()) as InstanceStatus
      return { ...instanceView(instanceId, state, tasks), infos: tasks }
    } catch (error) {
      ports.logger.debug('an instance does not say how it is doing', { instance: instanceId, error: String(error) })
      return { id: instanceId, state: 'DEAD', tasks: [], infos: [] }
    }
  }
}
