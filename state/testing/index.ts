/**
 * Test support. A *place* is a storage that survives closing and opening; `STORAGES` has one per adapter, and suites run over all of them.
 * `StateUnderTest` is a task's state on a place, together with the changelogs that its commits write. `measureLevelCeilings` is for benchmarks.
 */
export { collect, StateUnderTest } from './state-under-test.ts'
export { cursorOver } from './cursor-over.ts'
export { STORAGES } from './storages.ts'
export type { Place } from './storages.ts'
export { write } from './write.ts'
export { measureLevelCeilings } from '../leveldb/index.ts'
export type { LevelCeilings } from '../leveldb/index.ts'
