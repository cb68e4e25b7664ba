/**
 * State of stream processing tasks. A *storage* is ordered bytes (LevelDB or memory). A *task state* lays the stores of one
 * task over one storage: writes gather in memory until `commit` makes them, and the changelog positions they stand for, part of
 * the storage in one batch. A *store* is what a processor reads and writes: key-value, window, versioned, or a buffer
 * ordered by time; `Stores` describes one, `openTaskState` opens all of a task. A *serde* turns values into bytes and back.
 */
export type { Serde } from './serde.ts'
export { Serdes } from './serdes.ts'
export { copyInto } from './bytes.ts'
export type { Windowed } from './serdes.ts'
export { Stores } from './stores.ts'
export type * from './store.ts'
export type * from './store-spec.ts'
export { openTaskState } from './open-task-state.ts'
export type { TaskStateOptions } from './open-task-state.ts'
export type * from './task-state.ts'
export type { CommittedReads, CommittedRow } from './stores/engine.ts'
export type * from './ordered-storage.ts'
export { addAll } from './ordered-storage.ts'
export { GatheredBatch } from './memory/gathered-batch.ts'
export { MemoryStorage } from './memory/memory-storage.ts'
export { destroyLevelStorage, openLevelStorage } from './leveldb/level-storage.ts'
export type { LevelStorageOptions } from './leveldb/level-storage.ts'
export { StateCorruptedError, StateError, StateFormatError, StateLockedError, StateWriteError } from './errors.ts'
