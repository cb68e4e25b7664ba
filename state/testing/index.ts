/** Support for benchmarks: what the machine's LevelDB gives by itself. */
export { measureLevelCeilings } from '../leveldb/level-ceilings.ts'
export type { LevelCeilings } from '../leveldb/level-ceilings.ts'
