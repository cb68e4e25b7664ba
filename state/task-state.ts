import type { ChangelogCursor, ChangeSink } from './changelog.ts'
import type { CommittedReads } from './committed-reads.ts'
import type { StateStore } from './store.ts'

/**
 * All stores of one task over one storage. Writes of the open transaction stay in a buffer, `collectChanges` passes their final
 * values to the changelog, and `commit` writes them to the storage together with the changelog positions. So the storage holds
 * committed rows only, and a restore replays only the changelog's tail.
 */
export interface TaskState {
  store(name: string): StateStore
  /** The same store without the open transaction: what queries read. */
  committed(name: string): CommittedReads
  readonly storeNames: readonly string[]
  /** Changelog offset up to which (exclusive) the store holds every record; undefined if it holds none. */
  position(store: string): number | undefined
  /** Text that the runtime stores with the positions. */
  readonly checkpoint: string | undefined
  /** Rows written since the last commit. */
  readonly dirtyRows: number
  /** After this call no store may be written until `commit` or `abort`. */
  collectChanges(sink: ChangeSink): void
  /**
   * Call it when the broker has committed: writes collected rows, positions, checkpoint and commit marker in one atomic batch. While it
   * runs, stores can be read and written, but another `commit` or `restore` is refused. After a `StateWriteError` none is accepted until
   * the state is opened again, because only then is it known what the storage took (DECISIONS 36).
   */
  commit(positions: ReadonlyMap<string, number>, checkpoint?: string): Promise<void>
  /** Drops everything written since the last commit. */
  abort(): void
  /** Applies changelog records of one store in order and moves its position; atomic per call. */
  restore(store: string, records: ChangelogCursor, nextPosition: number): Promise<void>
  close(): Promise<void>
}
