import type { OrderedStorage, StorageBatch } from '../ordered-storage.ts'
import type { StateStore } from '../store.ts'
import type { ChangelogCursor, ChangeSink } from '../task-state.ts'

/** What every kind of store does for the task's state. The store's own rows lie below `prefix` in the storage. */
export interface StoreEngine {
  readonly store: StateStore
  /** What queries see: reads only what is committed. */
  readonly committed: CommittedReads
  /** Reads what must be in memory before the first use. */
  load(): Promise<void>
  readonly dirtyRows: number
  /** Hands the writes since the last commit to the changelog, and adds them to the batch. */
  collectChanges(sink: ChangeSink, batch: StorageBatch): void
  /** What was collected counts as committed from now on. */
  commit(): void
  /** Called when the batch is in the storage: time to let go of cached rows and of expired ones. A promise where that is work of its own. */
  written(): Promise<void> | undefined
  abort(): void
  /** Takes over records of the changelog as if written by an earlier commit. */
  restore(records: ChangelogCursor, batch: StorageBatch): void
}

/** The query side of a store; a kind answers the questions it can and throws `RangeError` for the others. */
export interface CommittedReads {
  get?(key: Uint8Array): CommittedRow | undefined
  scan?(from: Uint8Array | undefined, to: Uint8Array | undefined, options?: { reverse?: boolean; limit?: number }): Promise<CommittedRow[]>
  fetchRange?(key: Uint8Array, from: number, to: number): CommittedRow[]
  fetchAll?(from: number, to: number, options?: { reverse?: boolean; limit?: number }): Promise<CommittedRow[]>
  getAsOf?(key: Uint8Array, asOf: number | undefined): CommittedRow | undefined
  history?(key: Uint8Array, from: number, to: number): CommittedRow[]
}

/** Serialized, so that it can travel to another instance. */
export interface CommittedRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly timestamp: number
  /** Window start. */
  readonly start?: number
  /** End of a version's validity. */
  readonly validTo?: number
}

export interface EngineContext {
  readonly storage: OrderedStorage
  readonly prefix: Buffer
  /** Nothing was ever written to this store. */
  readonly isNew: boolean
  /** Bytes of committed rows a store may keep in memory. */
  readonly cacheBytes: number
}
