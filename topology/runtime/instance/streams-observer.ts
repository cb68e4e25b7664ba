import type { Broker } from '../../broker/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import { type Assignment, decodeAssignment } from '../assignment/index.ts'
import { withParkedKeys } from '../dead-letters/index.ts'
import { Queries, QueryRouter, type QueryTransport } from '../queries/index.ts'
import { TopicTable } from '../../topics/topic-table.ts'

export interface StreamsObserverOptions {
  readonly topology: Topology
  readonly applicationId: string
  readonly broker: Broker
  readonly ports: Ports
  readonly queryTransport: QueryTransport
  /** How often the group is asked who has what. Default 250 ms. */
  readonly pollMs?: number
  /** Called when the group has divided the tasks anew. */
  onRebalance?(assignment: Assignment): void
}

const POLL_MS = 250

/** Somebody who asks an application's state without having any of its tasks: no instance, and no member of the group. */
export class StreamsObserver {
  readonly queries: Queries
  readonly #options: StreamsObserverOptions
  readonly #topics: TopicTable
  readonly #stopped = new AbortController()
  #assignment: Assignment | undefined
  #looking: Promise<void> | undefined

  private constructor(options: StreamsObserverOptions) {
    this.#options = options
    const topology = withParkedKeys(options.topology)
    const { applicationId, broker, ports, queryTransport: transport } = options
    this.#topics = new TopicTable(applicationId, topology, broker.admin)
    this.queries = new Queries(
      new QueryRouter({
        topology,
        topics: this.#topics,
        ports,
        globals: undefined,
        endpoint: undefined,
        transport,
        owners: () => this.owners,
        task: () => undefined,
        standby: () => undefined,
      }),
    )
  }

  /** Resolves when it knows the application's topics. Throws `FatalStreamsError` when source topics are missing. */
  static async open(options: StreamsObserverOptions): Promise<StreamsObserver> {
    const observer = new StreamsObserver(options)
    await observer.#topics.find()
    await observer.#look()
    observer.#looking = observer.#keepLooking()
    return observer
  }

  /** Which instance has which task, as far as is known. */
  get owners(): Assignment['owners'] {
    return this.#assignment?.owners ?? []
  }

  async close(): Promise<void> {
    this.#stopped.abort(new Error('The observer stops'))
    await this.#looking
  }

  async #keepLooking(): Promise<void> {
    const { ports, pollMs = POLL_MS } = this.#options
    while (!this.#stopped.signal.aborted) {
      try {
        await ports.timers.sleep(pollMs, this.#stopped.signal)
        await this.#look()
      } catch (error) {
        if (!this.#stopped.signal.aborted) ports.logger.warn('it is not known who has which task', { error: String(error) })
      }
    }
  }

  async #look(): Promise<void> {
    const { applicationId, broker, onRebalance } = this.#options
    const assignments = await broker.groups.assignments(applicationId)
    if (assignments === undefined) return
    const [newest] = [...assignments.values()].map(decodeAssignment).sort((one, other) => other.generation - one.generation)
    if (newest === undefined || newest.generation === this.#assignment?.generation) return
    this.#assignment = newest
    onRebalance?.(newest)
  }
}
