import { StateError, type CommittedRow, type StoreSpec } from '../../../state/index.ts'
import type { PartitionOffset } from '../../broker/index.ts'
import { messageOf, NotAvailableError } from '../../errors.ts'
import type { Topology } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import type { TopicTable } from '../../topics/index.ts'
import type { Owner } from '../assignment/index.ts'
import type { GlobalStores } from '../state/index.ts'
import type { StandbyTask, Task } from '../task/index.ts'
import { taskName } from '../task-id.ts'
import { answerFromStandby, answerFromTask, rowsOf } from './answer-query.ts'
import type { Query, QueryAnswer, QueryRequest } from './messages.ts'
import type { QueryTransport } from './query-transport.ts'

export interface QueryRouterOptions {
  readonly topology: Topology
  readonly topics: TopicTable
  /** Undefined in an observer, which holds none. */
  readonly globals: GlobalStores | undefined
  readonly ports: Ports
  readonly endpoint: string | undefined
  readonly transport: QueryTransport | undefined
  readonly directory: TaskDirectory
}

/** Where the application's tasks are, and those that are here. */
export interface TaskDirectory {
  readonly owners: readonly Owner[]
  /** The task of that name whose committed state can be read, if this instance owns it. */
  task(name: string): Task | undefined
  /** The standby of that task, if this instance keeps one. */
  standby(name: string): StandbyTask | undefined
}

export interface QueryOptions {
  /** Input offsets, exclusive, that must have been processed: the positions that a producer's commit resolved with. */
  readonly atLeast?: readonly PartitionOffset[]
  /** How long to look for an instance that can answer. Default 5,000 ms. */
  readonly timeoutMs?: number
  /**
   * Allows an answer from a standby while no instance has the task running. Called with the age of such an answer: what was committed longer
   * ago than so many milliseconds is in it. Not together with `atLeast`.
   */
  onStale?(ageMs: number): void
}

const TIMEOUT_MS = 5_000
const FIRST_PAUSE_MS = 20
/** Many queries may wait for an instance that is gone. */
const LONGEST_PAUSE_MS = 200

/** Finds, for each query, the task that can answer it: here, or on the instance that owns it as of the last rebalance. */
export class QueryRouter {
  readonly #options: QueryRouterOptions
  #stopServing = (): void => undefined

  constructor(options: QueryRouterOptions) {
    this.#options = options
  }

  start(): void {
    const { endpoint, transport } = this.#options
    if (endpoint !== undefined && transport !== undefined) {
      this.#stopServing = transport.serve(endpoint, (request) => this.answer(request))
    }
  }

  stop(): void {
    this.#stopServing()
  }

  /** Throws `RangeError` when no sub-topology has that store. */
  specOf(store: string): StoreSpec {
    const { subtopologies, globalStores } = this.#options.topology
    const specs = [...subtopologies.flatMap(({ stores }) => stores), ...globalStores.map((global) => global.store)]
    const spec = specs.find(({ name }) => name === store)
    if (spec === undefined)
      throw new RangeError(`No store "${store}" in this topology, which has ${specs.map(({ name }) => name).join(', ')}`)
    return spec
  }

  /** The number of tasks over which the store is divided; a global store is whole on every instance. */
  partitionsOf(store: string): number {
    const { topics } = this.#options
    return this.#isGlobal(store) ? 1 : topics.taskCount(this.#subtopologyOf(store).sourceTopics)
  }

  /** Answers a query of another instance from this instance alone. */
  async answer(request: QueryRequest): Promise<QueryAnswer> {
    const { globals, ports } = this.#options
    if (this.#isGlobal(request.store)) {
      const reads = globals?.committed(request.store)
      return reads === undefined ? { kind: 'elsewhere' } : { kind: 'rows', rows: await rowsOf(request.query, reads) }
    }
    const name = this.#taskOf(request)
    const { directory } = this.#options
    const task = directory.task(name)
    try {
      if (task !== undefined) return await answerFromTask(request, task, ports.timers)
      const standby = request.allowsStandby ? directory.standby(name) : undefined
      return standby === undefined ? { kind: 'elsewhere' } : await answerFromStandby(request, standby)
    } catch (error) {
      if (error instanceof StateError) return { kind: 'elsewhere' } // the task is being revoked or opened again
      throw error
    }
  }

  /** Asks until an instance answers. Throws `NotAvailableError` when the time is over. */
  async ask(store: string, partition: number, query: Query, options: QueryOptions = {}): Promise<readonly CommittedRow[]> {
    const { clock, timers } = this.#options.ports
    const deadline = clock.monotonic() + (options.timeoutMs ?? TIMEOUT_MS)
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const waitMs = Math.max(0, deadline - clock.monotonic())
      const request = { store, partition, query, atLeast: options.atLeast ?? [], allowsStandby: false, waitMs }
      let answer = await this.#askOnce(request)
      if (answer.kind !== 'rows' && options.onStale !== undefined) answer = await this.#askStandbys({ ...request, allowsStandby: true })
      if (answer.kind === 'rows') {
        if (answer.ageMs !== undefined) options.onStale?.(answer.ageMs)
        return answer.rows
      }
      if (clock.monotonic() + pauseMs > deadline) throw this.#notAvailable(store, partition, answer)
      await timers.sleep(pauseMs)
    }
  }

  async #askOnce(request: QueryRequest): Promise<QueryAnswer> {
    const { directory, transport } = this.#options
    const here = await this.answer(request)
    if (here.kind !== 'elsewhere' || transport === undefined) return here
    const owner = this.#isGlobal(request.store) ? directory.owners[0] : this.#ownerOf(this.#taskOf(request))
    return (await this.#askAt(owner, request)) ?? here
  }

  /** The answer of the first standby that gives one. */
  async #askStandbys(request: QueryRequest): Promise<QueryAnswer> {
    const here = await this.answer(request)
    if (here.kind === 'rows' || this.#isGlobal(request.store)) return here
    const name = this.#taskOf(request)
    for (const owner of this.#options.directory.owners) {
      const answer = owner.standbys.includes(name) ? await this.#askAt(owner, request) : undefined
      if (answer?.kind === 'rows') return answer
    }
    return here
  }

  /** Undefined when the instance did not answer. */
  async #askAt(owner: Owner | undefined, request: QueryRequest): Promise<QueryAnswer | undefined> {
    const { endpoint, ports, transport } = this.#options
    if (transport === undefined || owner?.endpoint === undefined || owner.endpoint === endpoint) return undefined
    try {
      return await transport.ask(owner.endpoint, request)
    } catch (error) {
      ports.logger.debug('an instance did not answer a query', { endpoint: owner.endpoint, error: messageOf(error) })
      return undefined
    }
  }

  #notAvailable(store: string, partition: number, { kind }: QueryAnswer): NotAvailableError {
    return new NotAvailableError(
      kind === 'behind'
        ? `Partition ${partition} of store ${store} has not reached the requested position yet; retry.`
        : `No reachable instance owns partition ${partition} of store ${store}; retry.`,
    )
  }

  #taskOf({ store, partition }: QueryRequest): string {
    return taskName({ subtopology: this.#subtopologyOf(store).id, partition })
  }

  #ownerOf(task: string): Owner | undefined {
    return this.#options.directory.owners.find(({ tasks }) => tasks.includes(task))
  }

  #isGlobal(store: string): boolean {
    return this.#options.topology.globalStores.some((global) => global.store.name === store)
  }

  #subtopologyOf(store: string) {
    const found = this.#options.topology.subtopologies.find(({ stores }) => stores.some(({ name }) => name === store))
    if (found === undefined) throw new RangeError(`No store "${store}" in this topology`)
    return found
  }
}
