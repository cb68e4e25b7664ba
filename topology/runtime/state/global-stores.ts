import { MemoryStorage, openTaskState, type CommittedReads, type StateStore, type TaskState } from '../../../state/index.ts'
import { partitionName, type Broker, type FetchedPartition, type Fetcher, type TopicPartition } from '../../broker/index.ts'
import type { GlobalStore } from '../../graph/index.ts'
import type { Ports } from '../../ports.ts'
import { concernsTopic, faultOf } from '../fault.ts'

export interface GlobalStoreEvents {
  /** The stores can no longer follow their topics. */
  onFatal(error: unknown): void
  /** A topic may have been deleted, created again or enlarged. */
  onTopicError(): void
}

const FETCH_WAIT_MS = 10_000
const RETRY_MS = 100

/** Stores that every instance holds in full: filled to the end of their topics before any task runs, then kept up to date. */
export class GlobalStores {
  readonly #stores: readonly GlobalStore[]
  readonly #broker: Broker
  readonly #ports: Ports
  readonly #fetcher: Fetcher
  readonly #positions = new Map<string, TopicPartition & { offset: number }>()
  #state: TaskState | undefined
  #isFilled = false
  #following: Promise<void> | undefined
  #isStopped = false

  constructor(stores: readonly GlobalStore[], broker: Broker, ports: Ports) {
    this.#stores = stores
    this.#broker = broker
    this.#ports = ports
    this.#fetcher = broker.openFetcher()
  }

  store(name: string): StateStore | undefined {
    return this.#stores.some(({ store }) => store.name === name) ? this.#state?.store(name) : undefined
  }

  /** For queries; undefined until the store has been filled. */
  committed(name: string): CommittedReads | undefined {
    return this.#isFilled ? this.#state?.committed(name) : undefined
  }

  /** Fills the stores, then follows their topics. */
  async start(events: GlobalStoreEvents): Promise<void> {
    if (this.#stores.length === 0) return
    await this.catchUp()
    this.#following = this.#follow(events)
  }

  /** Topics may have grown: their new partitions are read too, from the beginning. */
  async topicsChanged(partitionsOf: (topic: string) => number | undefined): Promise<void> {
    const added = [...new Set(this.#stores.map(({ topic }) => topic))]
      .flatMap((topic) => Array.from({ length: partitionsOf(topic) ?? 0 }, (_, partition) => ({ topic, partition })))
      .filter((partition) => !this.#positions.has(partitionName(partition)))
    if (added.length === 0) return
    for (const start of await this.#broker.admin.listOffsets(added, 'earliest')) this.#positions.set(partitionName(start), { ...start })
    this.#fetcher.wakeup()
  }

  /** Applies what the topics hold at this moment, without following them. */
  async catchUp(): Promise<void> {
    if (this.#stores.length === 0) return
    this.#state ??= await this.#open()
    const ends = await this.#broker.admin.listOffsets([...this.#positions.values()], 'latest')
    const behind = (): boolean =>
      ends.some(({ topic, partition, offset }) => (this.#positions.get(partitionName({ topic, partition }))?.offset ?? 0) < offset)
    while (behind()) await this.#step(0)
    this.#isFilled = true
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#fetcher.wakeup()
    await this.#following
    await this.#fetcher.close()
  }

  async #open(): Promise<TaskState> {
    const topics = [...new Set(this.#stores.map(({ topic }) => topic))]
    const partitions = (await this.#broker.admin.describeTopics(topics, { withoutConfig: true })).flatMap(({ name, partitions: count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
    )
    for (const start of await this.#broker.admin.listOffsets(partitions, 'earliest'))
      this.#positions.set(partitionName(start), { ...start })
    return openTaskState({ storage: new MemoryStorage(), stores: this.#stores.map(({ store }) => store) })
  }

  async #follow({ onFatal, onTopicError }: GlobalStoreEvents): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#step(FETCH_WAIT_MS)
      } catch (error) {
        if (this.#isStopped) return
        if (concernsTopic(error)) onTopicError()
        if (faultOf(error) === 'application') return onFatal(error)
        this.#ports.logger.warn('a global store could not be updated; it is retried', { error: String(error) })
        await this.#ports.timers.sleep(RETRY_MS)
      }
    }
  }

  async #step(maxWaitMs: number): Promise<void> {
    for (const fetched of await this.#fetcher.fetch([...this.#positions.values()], { maxWaitMs })) this.#apply(fetched)
    await this.#state?.commit(new Map())
  }

  #apply(fetched: FetchedPartition): void {
    const position = this.#positions.get(partitionName(fetched))
    if (position === undefined) return
    for (const batch of fetched.batches) {
      while (batch.next()) {
        if (batch.offset < position.offset || batch.key === null) continue
        for (const global of this.#stores) {
          if (global.topic !== fetched.topic) continue
          const store = this.#state?.store(global.store.name)
          if (store?.kind !== 'keyValue') continue
          const value = batch.value === null ? null : global.valueSerde.deserialize(batch.value)
          store.put(global.keySerde.deserialize(batch.key), value, batch.timestamp)
        }
      }
      batch.rewind()
    }
    position.offset = fetched.nextOffset
  }
}
