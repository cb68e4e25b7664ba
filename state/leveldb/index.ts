/**
 * The LevelDB adapter of `OrderedStorage`, and the only folder of the engine that imports `classic-level`. A *table* is one of LevelDB's
 * sorted files, checked block by block before the database opens. The *log* holds the latest batches, the *manifest* lists the tables;
 * `closed-files` keeps *fingerprints* of both from an orderly close. Each value has a *checksum* in front of it.
 */
export { destroyLevelStorage, openLevelStorage } from './level-storage.ts'
export type { Bulk, LevelStorageOptions } from './level-storage.ts'
export { measureLevelCeilings } from './level-ceilings.ts'
export type { LevelCeilings } from './level-ceilings.ts'
