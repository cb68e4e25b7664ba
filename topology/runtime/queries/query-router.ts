import { StateError, type CommittedRow, type StoreSpec } from '../../../state/index.ts'
import type { PartitionOffset } from '../../broker/index.ts'
import type { Topology } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import type { Owner } from '../assignment/index.ts'
import { messageOf, NotAvailableError } from '../../errors.ts'
import type { GlobalStores } from '../state/index.ts'
import type { StandbyTask, Task } from '../task/index.ts'
import { taskName } from '../task-id.ts'
import type { TopicTable } from '../../topics/topic-table.ts'
import { answerFromStandby, answerFromTask, rowsOf } from './answer-query.ts'
import type { Query, QueryAnswer, QueryRequest } from './messages.ts'
import type { QueryTransport } from './query-transport.ts'

export interface QueryRouterOptions {
  readonly topology: Topology
  readonly topics: TopicTable
  /** Undefined where no instance runs. */
  readonly globals: GlobalStores | undefined
  readonly ports: Ports
  readonly endpoint: string | undefined
  readonly transport: QueryTransport | undefined
  owners(): readonly Owner[]
  /** The running task of that name, if this instance has it. */
  task(name: string): Task | undefined
  /** The copy of that task's state, if this instance keeps one. */
  standby(name: string): StandbyTask | undefined
}

export interface QueryOptions {
  /** Input offsets, exclusive, that must have been worked in: the positions a producer's commit answered with. */
  readonly atLeast?: readonly PartitionOffset[]
  /** How long to look for somebody who can answer. Default 5,000 ms. */
  readonly timeoutMs?: number
  /**
   * Allows an answer from a standby while nobody has the task. Called then, with the age of the answer: what was committed longer ago
   * than so many milliseconds is in it. Not together with `atLeast`.
   */
  onStale?(ageMs: number): void
}

const TIMEOUT_MS = 5_000
const FIRST_PAUSE_MS = 20
/** Many questions may wait for an instance that is gone. */
const LONGEST_PAUSE_MS = 200

/** Finds, for each question, the task that can answer it: here, or on the instance that the last rebalance gave it to. */
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
    if (spec === undefined) throw new RangeError(`No store "${store}": there are ${specs.map(({ name }) => name).join(', ')}`)
    return spec
  }

  /** Into how many tasks the store is divided; a global store is whole on every instance. */
  partitionsOf(store: string): number {
    const { topics } = this.#options
    return this.#isGlobal(store) ? 1 : topics.taskCount(this.#subtopologyOf(store).sourceTopics)
  }

  /** Answers a question that another instance asked, from this instance alone. */
  async answer(request: QueryRequest): Promise<QueryAnswer> {
    const { globals, ports } = this.#options
    if (this.#isGlobal(request.store)) {
      const reads = globals?.committed(request.store)
      return reads === undefined ? { kind: 'elsewhere' } : { kind: 'rows', rows: await rowsOf(request.query, reads) }
    }
    const name = this.#taskOf(request)
    const task = this.#options.task(name)
    try {
      if (task !== undefined) return await answerFromTask(request, task, ports.timers)
      const standby = request.allowsStandby ? this.#options.standby(name) : undefined
      return standby === undefined ? { kind: 'elsewhere' } : await answerFromStandby(request, standby)
    } catch (error) {
      if (error instanceof StateError) return { kind: 'elsewhere' } // the task is being given up or repaired
      throw error
    }
  }

  /** Asks until somebody answers. Throws `NotAvailableError` when the time is over. */
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
    const { owners, transport } = this.#options
    const here = await this.answer(request)
    if (here.kind !== 'elsewhere' || transport === undefined) return here
    const owner = this.#isGlobal(request.store) ? owners()[0] : this.#ownerOf(this.#taskOf(request))
    return (await this.#askAt(owner, request)) ?? here
  }

  /** Of those who keep a copy, the first that answers. */
  async #askStandbys(request: QueryRequest): Promise<QueryAnswer> {
    const here = await this.answer(request)
    if (here.kind === 'rows' || this.#isGlobal(request.store)) return here
    const name = this.#taskOf(request)
    for (const owner of this.#options.owners()) {
      const answer = owner.standbys.includes(name) ? await this.#askAt(owner, request) : undefined
      if (answer?.kind === 'rows') return answer
    }
    return here
  }

  /** Undefined: nobody answers there. */
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
    const reason = kind === 'behind' ? 'has not come so far yet' : 'is with nobody who answers'
    return new NotAvailableError(`Partition ${partition} of the store ${store} ${reason}: try again.`)
  }

  #taskOf({ store, partition }: QueryRequest): string {
    return taskName({ subtopology: this.#subtopologyOf(store).id, partition })
  }

  #ownerOf(task: string): Owner | undefined {
    return this.#options.owners().find(({ tasks }) => tasks.includes(task))
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
