/**
 * The in-memory adapter of `OrderedStorage`: for stores that are not persistent, tests and the simulator. A *gathered batch* keeps its
 * operations as objects until it is written.
 */
export { GatheredBatch } from './gathered-batch.ts'
export { MemoryStorage } from './memory-storage.ts'
