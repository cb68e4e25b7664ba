/**
 * All stores of one task over one storage: writes of the transaction under way stay in a buffer, `collectChanges` hands
 * their final values to the changelog, `commit` makes them part of the storage together with the changelog positions.
 * What is in the storage is therefore always committed, and a restore replays only the changelog's tail.
 */
import type { StateStore } from './store.ts'
import type { CommittedReads } from './stores/engine.ts'

/** Takes one changelog record per row written since the last commit: the last value of each (for a row written twice). */
export interface ChangeSink {
  change(store: string, key: Uint8Array, value: Uint8Array | null, timestamp: number): void
}

/** For what comes from the changelog itself, or belongs to a store that has none. */
export const NO_CHANGELOG: ChangeSink = { change: () => undefined }

export interface ChangelogRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  readonly timestamp: number
}

/** Records of a changelog, one after another; the fields are those of the current one. */
export interface ChangelogCursor extends ChangelogRecord {
  /** Moves to the next record; false at the end. */
  next(): boolean
}

export interface TaskState {
  store(name: string): StateStore
  /** The same store without the transaction under way: what queries read. */
  committed(name: string): CommittedReads
  readonly storeNames: readonly string[]
  /** Changelog offset up to which (exclusive) the store holds everything; undefined: nothing yet. */
  position(store: string): number | undefined
  /** Any text the runtime wants kept with the positions (committed input offsets, incarnation of the changelogs). */
  readonly note: string | undefined
  /** Rows written since the last commit. */
  readonly dirtyRows: number
  /** Nothing may be written from then on until the commit, or `abort`. */
  collectChanges(sink: ChangeSink): void
  /**
   * To be called when the broker has committed: one atomic batch of what was collected, positions, note and marker. Reads stay right
   * while it runs; another write meanwhile is refused. Throws `StateWriteError`; from then on nothing can be written until
   * the state is opened again, which finds out what the storage took.
   */
  commit(positions: ReadonlyMap<string, number>, note?: string): Promise<void>
  /** Drops everything written since the last commit. */
  abort(): void
  /** Applies changelog records of one store in order and moves its position; atomic per call. */
  restore(store: string, records: ChangelogCursor, nextPosition: number): Promise<void>
  close(): Promise<void>
}
