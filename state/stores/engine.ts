import type { ChangelogCursor, ChangeSink, RowCheck } from '../changelog.ts'
import type { CommittedReads } from '../committed-reads.ts'
import type { OrderedStorage, StorageBatch } from '../ordered-storage.ts'
import type { StateStore } from '../store.ts'

/**
 * What the task's state requires of each kind of store. The store's rows have keys that begin with `prefix`. A transaction runs
 * `collectChanges`, `commit`, `written`; or `abort`, with or without `collectChanges` before.
 */
export interface StoreEngine {
  readonly store: StateStore
  readonly committed: CommittedReads
  /** Reads what must be in memory before the first use. */
  load(): Promise<void>
  readonly dirtyRows: number
  /** Passes the writes since the last commit to the changelog and adds them to the batch. */
  collectChanges(sink: ChangeSink, batch: StorageBatch): void
  /** The collected rows become the committed ones. */
  commit(): void
  /** Called when the batch is in the storage: evicts cached rows and deletes expired ones. Returns a promise if that takes I/O. */
  written(): Promise<void> | undefined
  abort(): void
  /** Applies changelog records as if an earlier commit had written them. */
  restore(records: ChangelogCursor, batch: StorageBatch): void
}

export interface EngineContext {
  readonly storage: OrderedStorage
  readonly prefix: Buffer
  /** Nothing was ever written to this store. */
  readonly isNew: boolean
  /** Bytes of committed rows a store may keep in memory. */
  readonly cacheBytes: number
  readonly check: RowCheck
}
