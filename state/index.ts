/**
 * State of stream processing tasks. A *storage* is ordered bytes (LevelDB or memory). A *store* is what a processor reads and
 * writes: key-value, window, versioned, or a buffer ordered by time. `Stores` describes one as a *store spec*. A *task state* holds
 * all stores of one task over one storage; `openTaskState` opens it. Writes stay in memory until `commit` writes them to the
 * storage in one batch, together with their changelog *positions* and the runtime's *checkpoint*. A *serde* turns values into bytes and back.
 */
export type { Serde } from './serde.ts'
export { formatOf, Serdes } from './serdes.ts'
export { copyInto } from './bytes.ts'
export type { Windowed } from './serdes.ts'
export { Stores } from './stores.ts'
export type * from './store.ts'
export type * from './store-spec.ts'
export { invalidTimestamp, isTimestamp } from './timestamp.ts'
export { isSameLayout, layoutText, storeLayout } from './store-layout.ts'
export type { Layout } from './store-layout.ts'
export { openTaskState, storedState } from './open-task-state.ts'
export type { StoredState, TaskStateOptions } from './open-task-state.ts'
export type * from './task-state.ts'
export type * from './changelog.ts'
export type * from './committed-reads.ts'
export type * from './ordered-storage.ts'
export { addAll } from './ordered-storage.ts'
export { GatheredBatch, MemoryStorage } from './memory/index.ts'
export { destroyLevelStorage, openLevelStorage } from './leveldb/index.ts'
export type { Bulk, LevelStorageOptions } from './leveldb/index.ts'
export { StateCorruptedError, StateError, StateFormatError, StateLockedError, StateUnavailableError, StateWriteError } from './errors.ts'
