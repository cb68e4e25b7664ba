import { MemoryStorage, openTaskState, type CommittedReads, type StateStore, type TaskState } from '../../../state/index.ts'
import { partitionName, type Broker, type Fetcher, type PartitionOffset } from '../../broker/index.ts'
import { asRetriable, messageOf, TaskMigratedError } from '../../errors.ts'
import type { GlobalStore } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import type { ErrorHandlers } from '../error-handlers.ts'
import { concernsTopic, faultOf } from '../fault.ts'
import { OutageLog } from '../outage-log.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { within } from '../within.ts'
import { GlobalRecords, type GlobalPosition } from './global-records.ts'

const FETCH_WAIT_MS = 10_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
/** What a record waits for usually takes less, such as a request for its schema; it is logged if it takes longer. */
const EXPECTED_WAIT_MS = 1_000

export interface GlobalStoresOptions {
  readonly stores: readonly GlobalStore[]
  readonly broker: Broker
  readonly ports: Ports
  readonly errorHandlers: ErrorHandlers
  /** The stores can no longer be kept up to date: the instance fails. */
  onFatal(error: unknown): void
  /** A topic may have been deleted, created again or enlarged. */
  onTopicError(): void
}

/** Why the global stores are not kept up to date at the moment. */
export interface GlobalObstacle {
  readonly reason: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/**
 * Stores that every instance holds in full: filled to the end of their topics before any task runs, then kept up to date. What passes (the broker, the
 * schema registry) is waited for, at the start too; anything that cannot pass fails the instance.
 */
export class GlobalStores {
  readonly #options: GlobalStoresOptions
  readonly #fetcher: Fetcher
  readonly #records: GlobalRecords
  readonly #outage: OutageLog
  readonly #positions = new Map<string, GlobalPosition>()
  readonly #stopped = new AbortController()
  #state: TaskState | undefined
  #isFilled = false
  #following: Promise<void> | undefined
  #obstacle: GlobalObstacle | undefined
  /** Since records were last applied. */
  #failures = 0
  /** What was applied at the last failure. */
  #appliedThen = -1

  constructor(options: GlobalStoresOptions) {
    const { stores, broker, errorHandlers: handlers, ports } = options
    this.#options = options
    this.#records = new GlobalRecords({ stores, handlers, ports })
    this.#outage = new OutageLog(ports.clock, ports.logger)
    this.#fetcher = broker.openFetcher()
  }

  store(name: string): StateStore | undefined {
    return this.#options.stores.some(({ store }) => store.name === name) ? this.#state?.store(name) : undefined
  }

  /** For queries; undefined until the store has been filled. */
  committed(name: string): CommittedReads | undefined {
    return this.#isFilled ? this.#state?.committed(name) : undefined
  }

  /** Dropped records by reason code. */
  get drops(): ReadonlyMap<string, number> {
    return this.#records.drops
  }

  /** Undefined while the stores are kept up to date. */
  get obstacle(): GlobalObstacle | undefined {
    return this.#obstacle
  }

  /** Fills the stores, however long that takes, then follows their topics. Throws what cannot pass; when stopped it returns early. */
  async start(): Promise<void> {
    if (this.#options.stores.length === 0) return
    while (!this.#isStopped && !(await this.#succeeds(() => this.catchUp())));
    this.#following = this.#follow()
  }

  /** Topics may have grown: their new partitions are read too, from the beginning. */
  async followTopics(partitionsOf: (topic: string) => number | undefined): Promise<void> {
    const { broker, stores } = this.#options
    const added = [...new Set(stores.map(({ topic }) => topic))]
      .flatMap((topic) => Array.from({ length: partitionsOf(topic) ?? 0 }, (_, partition) => ({ topic, partition })))
      .filter((partition) => !this.#positions.has(partitionName(partition)))
    if (added.length === 0) return
    this.#begin(await broker.admin.listOffsets(added, 'earliest'))
    this.#fetcher.wakeup()
  }

  /** Applies what the topics hold at this moment, without following them. */
  async catchUp(): Promise<void> {
    if (this.#options.stores.length === 0) return
    this.#state ??= await this.#open()
    const ends = await this.#options.broker.admin.listOffsets([...this.#positions.values()], 'latest')
    const behind = (): boolean =>
      ends.some(({ topic, partition, offset }) => (this.#positions.get(partitionName({ topic, partition }))?.offset ?? 0) < offset)
    while (behind() && !this.#isStopped) await this.#step(this.#state, 0)
    this.#isFilled = true
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new TaskMigratedError('The instance is stopped'))
    this.#fetcher.wakeup()
    await this.#following
    await this.#fetcher.close()
  }

  /** The sum of the positions. */
  get #applied(): number {
    return [...this.#positions.values()].reduce((sum, { offset }) => sum + offset, 0)
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted
  }

  async #open(): Promise<TaskState> {
    const { broker, stores } = this.#options
    const topics = [...new Set(stores.map(({ topic }) => topic))]
    const partitions = (await broker.admin.describeTopics(topics, { withoutConfig: true })).flatMap(({ name, partitions: count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
    )
    this.#begin(await broker.admin.listOffsets(partitions, 'earliest'))
    return openTaskState({ storage: new MemoryStorage(), stores: stores.map(({ store }) => store) })
  }

  #begin(starts: readonly PartitionOffset[]): void {
    for (const { topic, partition, offset } of starts)
      this.#positions.set(partitionName({ topic, partition }), { topic, partition, offset, partitionTime: -1 })
  }

  async #follow(): Promise<void> {
    const state = this.#state
    if (state === undefined) return
    try {
      while (!this.#isStopped) await this.#succeeds(() => this.#step(state, FETCH_WAIT_MS))
    } catch (error) {
      this.#obstacle = { reason: messageOf(error), since: this.#options.ports.clock.now() }
      this.#options.onFatal(error)
    }
  }

  async #step(state: TaskState, maxWaitMs: number): Promise<void> {
    const fetchedPartitions = await this.#fetcher.fetch([...this.#positions.values()], { maxWaitMs })
    try {
      for (const fetched of fetchedPartitions) {
        const position = this.#positions.get(partitionName(fetched))
        if (position !== undefined) this.#records.apply(fetched, position, state)
      }
    } finally {
      await state.commit(new Map()) // the records before one that cannot be read yet
    }
  }

  /** True when the work was done. False when it failed with something that passes, and the pause before the next attempt is over. Throws anything else. */
  async #succeeds(work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      this.#failures = 0
      this.#obstacle = undefined
      this.#outage.recovered('the global stores are kept up to date again')
      return true
    } catch (error) {
      if (this.#isStopped) return false
      if (concernsTopic(error)) this.#options.onTopicError()
      if (faultOf(error) === 'application') throw error
      await this.#untilReady(error)
      return false
    }
  }

  async #untilReady(error: unknown): Promise<void> {
    const { ports } = this.#options
    const { signal } = this.#stopped
    const ready = asRetriable(error)?.ready
    const reason = messageOf(error)
    if (this.#applied !== this.#appliedThen) this.#failures = 0
    this.#appliedThen = this.#applied
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, LONGEST_PAUSE_MS)
    this.#obstacle = { reason, since: this.#obstacle?.since ?? ports.clock.now() }
    try {
      if (ready === undefined) this.#warn(reason)
      else {
        const waiting = unlessAborted(ready, signal)
        if (!(await within(ports.timers, EXPECTED_WAIT_MS, waiting)) || this.#failures > 1) this.#warn(reason)
        await waiting
      }
    } catch (cause) {
      if (!this.#isStopped) this.#warn(`${reason} ${messageOf(cause)}`)
    }
    if (this.#failures === 1 && ready !== undefined) return
    await ports.timers.sleep(pauseMs, signal).catch(() => undefined) // a stop needs no pause
  }

  #warn(reason: string): void {
    const stores = this.#options.stores.map(({ store }) => store.name).join(', ')
    this.#outage.failed('the global stores cannot be updated; it is retried', reason, { code: 'global-stores-wait', stores })
  }
}
