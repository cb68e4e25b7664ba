/**
 * The kinds of stores. An *engine* is one store of a task: it holds the rows of the open transaction, the committed rows it caches, and
 * their encoding in the storage. A *row cache* is write buffer and cache in one; it consists of two *row tables* (young and old), whose
 * keys and values lie in an *arena*, out of the garbage collector's sight. A *key filter* remembers the keys that left the cache. Window and
 * versioned stores cut time into *segments*; all rows of one key in one segment are one *block*, which is one row of the storage.
 */
export type { EngineContext, StoreEngine } from './engine.ts'
export { KeyValueEngine } from './key-value-engine.ts'
export { WindowEngine } from './window-engine.ts'
export { VersionedEngine } from './versioned-engine.ts'
export { TimeOrderedEngine } from './time-ordered-engine.ts'
