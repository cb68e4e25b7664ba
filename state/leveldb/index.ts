/**
 * The LevelDB adapter of `OrderedStorage`, and the only folder that imports `classic-level`. A *table* is one of LevelDB's sorted files,
 * checked block by block before the database opens. The *log* holds the latest batches, the *manifest* lists the tables;
 * `closed-files` keeps their fingerprints from an orderly close. A *value checksum* stands in front of each value.
 */
export { destroyLevelStorage, openLevelStorage } from './level-storage.ts'
export type { LevelStorageOptions } from './level-storage.ts'
export { measureLevelCeilings } from './level-ceilings.ts'
export type { LevelCeilings } from './level-ceilings.ts'
