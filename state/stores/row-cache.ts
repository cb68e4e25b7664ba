import { KeyFilter } from './key-filter.ts'
import { hashOf } from './key-hash.ts'
import { NO_ROW, RowTable } from './row-table.ts'
import type { RowValues } from './row-values.ts'

export interface RowCacheOptions<T> {
  /** Reads a row from the storage. */
  readonly load: (key: Uint8Array) => T
  /** What `load` returns if there is no row. */
  readonly nothing: T
  /** Creates the container for a generation's values. */
  readonly values: () => RowValues<T>
  readonly budgetBytes: number
  /** The storage has no row of the store yet. */
  readonly isNew: boolean
}

/** A row that may differ from the one in the storage. */
export interface CachedRow<T> {
  readonly key: Uint8Array
  readonly current: T
  readonly committed: T
}

/**
 * Write buffer and cache in one. A dirty row is pinned until its transaction ends; a clean row may be evicted. There are two generations
 * (DECISIONS 84): every row that is read or written is in the young one. When a transaction ends with young rows over half of the budget,
 * they become the old generation, and the old rows that were not used since are evicted. Lookup order: young, old, storage. `T` is immutable.
 */
export class RowCache<T> {
  readonly #load: (key: Uint8Array) => T
  readonly #nothing: T
  readonly #values: () => RowValues<T>
  readonly #budget: number
  #young: RowTable<T>
  /** May also hold outdated copies of young rows. */
  #old: RowTable<T>
  /** Young rows that the open transaction wrote. */
  #dirty: number[] = []
  #unwritten: readonly number[] = []
  #latest = NO_ROW
  #latestKey: Uint8Array | undefined
  /**
   * Evicted keys, if every row of the storage was written through this cache: then a key that is neither cached nor in the filter has no row
   * and needs no look-up on disk (DECISIONS 72). Otherwise undefined.
   */
  #evicted: KeyFilter | undefined
  /** Size of the young generation at which it ages within a transaction: the budget plus the pinned rows. */
  #limit: number

  constructor(options: RowCacheOptions<T>) {
    this.#load = options.load
    this.#nothing = options.nothing
    this.#values = options.values
    this.#budget = options.budgetBytes
    this.#limit = options.budgetBytes
    this.#young = new RowTable(options.values())
    this.#old = new RowTable(options.values())
    this.#evicted = options.isNew ? new KeyFilter() : undefined
  }

  get isEmpty(): boolean {
    return this.#young.size === 0 && this.#old.size === 0
  }

  get dirtyRows(): number {
    return this.#dirty.length
  }

  /**
   * Visits dirty rows roughly in the order of their keys, because LevelDB inserts sorted rows faster, now and in a restore (DECISIONS 91).
   * Key and value are valid until `visit` returns.
   */
  forEachDirty(visit: (key: Uint8Array, current: T) => void): void {
    this.#young.lendSorted(this.#dirty, visit)
  }

  read(key: Uint8Array): T {
    const row = this.#row(key)
    return this.#young.current(row)
  }

  readCommitted(key: Uint8Array): T {
    const hash = hashOf(key)
    for (const table of [this.#young, this.#old]) {
      const row = table.find(key, hash)
      if (row !== NO_ROW) return table.committed(row)
    }
    return this.#fromStorage(key, hash)
  }

  write(key: Uint8Array, value: T): void {
    if (this.#isFull) this.#age()
    const row = this.#row(key)
    if (!this.#young.isDirty(row)) this.#dirty.push(row)
    this.#young.write(row, value)
  }

  /** The dirty rows become the committed ones. */
  commit(): void {
    for (const row of this.#dirty) this.#young.commit(row)
    this.#unwritten = this.#dirty
    this.#dirty = []
  }

  abort(): void {
    for (const row of this.#dirty) this.#young.abort(row)
    this.#dirty = []
  }

  /** The committed rows are in the storage. */
  written(): void {
    this.#unwritten = []
    if (this.#young.sizeInBytes > this.#budget / 2) this.#age()
  }

  /** Call it after rows of the storage were changed past the cache. */
  reload(keys: readonly Uint8Array[]): void {
    this.#evicted = undefined
    for (const key of keys) {
      const hash = hashOf(key)
      for (const table of [this.#young, this.#old]) {
        const row = table.find(key, hash)
        if (row === NO_ROW || table.isDirty(row)) continue
        table.write(row, this.#load(key))
        table.commit(row)
      }
    }
  }

  /** Rows that may differ from those in the storage. */
  aheadOfStorage(): readonly CachedRow<T>[] {
    const young = this.#young
    return [...this.#unwritten, ...this.#dirty].map((row) => ({
      key: young.key(row),
      current: young.current(row),
      committed: young.committed(row),
    }))
  }

  get #isFull(): boolean {
    return this.#young.sizeInBytes > this.#limit && this.#unwritten.length === 0
  }

  /** Looks up the same key object only once if it comes twice in a row, as in a read followed by a write. */
  #row(key: Uint8Array): number {
    if (key !== this.#latestKey) {
      this.#latest = this.#find(key)
      this.#latestKey = key
    }
    return this.#latest
  }

  #find(key: Uint8Array): number {
    const hash = hashOf(key)
    const row = this.#young.find(key, hash)
    if (row !== NO_ROW) return row
    if (this.#isFull) this.#age()
    const old = this.#old.find(key, hash)
    return this.#young.add(key, hash, old === NO_ROW ? this.#fromStorage(key, hash) : this.#old.current(old))
  }

  #fromStorage(key: Uint8Array, hash: number): T {
    return this.#evicted?.mayHold(hash) === false ? this.#nothing : this.#load(key)
  }

  /** Evicts the old rows, makes the young rows old and moves the dirty ones to a new young generation. */
  #age(): void {
    if (this.#evicted !== undefined) this.#old.addTo(this.#evicted)
    const old = (this.#old = this.#young)
    const young = (this.#young = new RowTable(this.#values(), old.size))
    this.#dirty = this.#dirty.map((row) => {
      const key = old.key(row)
      const moved = young.add(key, hashOf(key), old.committed(row))
      young.write(moved, old.current(row))
      return moved
    })
    this.#limit = this.#budget + young.sizeInBytes
    this.#latestKey = undefined
  }
}
