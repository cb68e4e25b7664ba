import type { Broker } from '../../broker/index.ts'
import { messageOf } from '../../errors.ts'
import type { Topology } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import { TopicTable } from '../../topics/index.ts'
import { decodeAssignment, type Assignment, type Owner } from '../assignment/index.ts'
import { withParkedKeys } from '../dead-letters/index.ts'
import { OutageLog } from '../outage-log.ts'
import { Queries, QueryRouter, type QueryTransport, type TaskDirectory } from '../queries/index.ts'
import { partitionLags, type PartitionLag } from './partition-lag.ts'

export interface StreamsObserverOptions {
  readonly topology: Topology
  readonly applicationId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly queryTransport: QueryTransport
  /** How often the coordinator is asked for the assignment. Default 250 ms. */
  readonly pollMs?: number
  /** Called after each rebalance. */
  onRebalance?(assignment: Assignment): void
}

const POLL_MS = 250

/** Queries an application's state without owning any of its tasks: neither an instance nor a member of the group. */
export class StreamsObserver implements TaskDirectory {
  readonly queries: Queries
  readonly #options: StreamsObserverOptions
  readonly #topology: Topology
  readonly #topics: TopicTable
  readonly #outage: OutageLog
  readonly #stopped = new AbortController()
  #assignment: Assignment | undefined
  #polling: Promise<void> | undefined

  private constructor(options: StreamsObserverOptions) {
    this.#options = options
    this.#outage = new OutageLog(options.ports.clock, options.ports.logger)
    const topology = withParkedKeys(options.topology)
    this.#topology = topology
    const { applicationId, broker, ports, queryTransport: transport } = options
    this.#topics = new TopicTable({ applicationId, topology, admin: broker.admin, ports })
    this.queries = new Queries(
      new QueryRouter({
        topology,
        topics: this.#topics,
        ports,
        globals: undefined,
        endpoint: undefined,
        transport,
        directory: this,
      }),
    )
  }

  /** Resolves when the application's topics are known. Throws `FatalStreamsError` when source topics are missing. */
  static async open(options: StreamsObserverOptions): Promise<StreamsObserver> {
    const observer = new StreamsObserver(options)
    await observer.#topics.find()
    await observer.#poll()
    observer.#polling = observer.#keepPolling()
    return observer
  }

  /** Which instance owns which task, as of the last poll. */
  get owners(): readonly Owner[] {
    return this.#assignment?.owners ?? []
  }

  /**
   * How far the application is behind in each of its input partitions, also while it has no member. Rejects with `RetriableBrokerError` when no broker
   * answers.
   */
  lag(): Promise<readonly PartitionLag[]> {
    const { applicationId, broker } = this.#options
    return partitionLags({
      groupId: applicationId,
      broker,
      subtopologies: this.#topology.subtopologies,
      topics: this.#topics,
      owners: this.owners,
    })
  }

  /** It owns no task. */
  task(): undefined {
    return undefined
  }

  /** It keeps no standby. */
  standby(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    this.#stopped.abort(new Error('The observer is closed'))
    await this.#polling
  }

  async #keepPolling(): Promise<void> {
    const { applicationId, ports, pollMs = POLL_MS } = this.#options
    while (!this.#stopped.signal.aborted) {
      try {
        await ports.timers.sleep(pollMs, this.#stopped.signal)
        await this.#poll()
        this.#outage.recovered('the assignment of tasks can be read again', { group: applicationId })
      } catch (error) {
        if (this.#stopped.signal.aborted) return
        this.#outage.failed('the assignment of tasks cannot be read; it is retried', messageOf(error), { group: applicationId })
      }
    }
  }

  async #poll(): Promise<void> {
    const { applicationId, broker, onRebalance } = this.#options
    const assignments = await broker.groups.assignments(applicationId)
    if (assignments === undefined) return
    const [newest] = [...assignments.values()].map(decodeAssignment).sort((a, b) => b.generation - a.generation)
    if (newest === undefined || newest.generation === this.#assignment?.generation) return
    if (this.#assignment !== undefined) await this.#topics.find() // the group also rebalances when a source topic has grown
    this.#assignment = newest
    onRebalance?.(newest)
  }
}
