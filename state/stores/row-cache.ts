import { KeyFilter } from './key-filter.ts'
import { hashOf } from './key-hash.ts'
import { NO_ROW, RowTable } from './row-table.ts'
import type { RowValues } from './row-values.ts'

export interface RowCacheOptions<T> {
  /** Reads a row from the storage. */
  readonly load: (key: Uint8Array) => T
  /** What `load` gives where there is no row. */
  readonly nothing: T
  /** Makes a place for the values of a generation. */
  readonly values: () => RowValues<T>
  readonly budgetBytes: number
  /** The storage has no row of the store yet. */
  readonly isNew: boolean
}

/** One row that differs, or may differ, from what is in the storage. */
export interface CachedRow<T> {
  readonly key: Uint8Array
  readonly present: T
  readonly committed: T
}

/**
 * Write buffer and cache in one: a dirty row is pinned until its transaction ends, a clean one may be let go. What is in use is among the
 * young rows; when these take half of the budget at the end of a transaction they become the old ones, and what was old until then and not
 * looked at since is gone. `T` is immutable.
 */
export class RowCache<T> {
  readonly #load: (key: Uint8Array) => T
  readonly #nothing: T
  readonly #values: () => RowValues<T>
  readonly #budget: number
  #young: RowTable<T>
  /** May hold young ones too, as they were when they became young. */
  #old: RowTable<T>
  /** Among the young. */
  #dirty: number[] = []
  #unwritten: readonly number[] = []
  #latest = NO_ROW
  #latestKey: Uint8Array | undefined
  /** Rows that were let go of; undefined: the storage may hold others too. What is neither here nor there need not be looked for on the disk. */
  #elsewhere: KeyFilter | undefined
  /** So much may be young before the transaction ends: the budget, and what cannot be let go now. */
  #limit: number

  constructor(options: RowCacheOptions<T>) {
    this.#load = options.load
    this.#nothing = options.nothing
    this.#values = options.values
    this.#budget = options.budgetBytes
    this.#limit = options.budgetBytes
    this.#young = new RowTable(options.values())
    this.#old = new RowTable(options.values())
    this.#elsewhere = options.isNew ? new KeyFilter() : undefined
  }

  get isEmpty(): boolean {
    return this.#young.size === 0 && this.#old.size === 0
  }

  get dirtyRows(): number {
    return this.#dirty.length
  }

  /**
   * Visits them by their keys, more or less: LevelDB finds the place of a row from where the last one went in, now and in a restore. Key and
   * value are right until the visit ends.
   */
  forEachDirty(visit: (key: Uint8Array, present: T) => void): void {
    this.#young.lendSorted(this.#dirty, visit)
  }

  read(key: Uint8Array): T {
    const row = this.#row(key)
    return this.#young.present(row)
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

  /** These rows have been changed in the storage, past the cache. */
  reload(keys: readonly Uint8Array[]): void {
    this.#elsewhere = undefined
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

  /** Rows that differ, or may differ, from what is in the storage. */
  aheadOfStorage(): readonly CachedRow<T>[] {
    const young = this.#young
    return [...this.#unwritten, ...this.#dirty].map((row) => ({
      key: young.key(row),
      present: young.present(row),
      committed: young.committed(row),
    }))
  }

  get #isFull(): boolean {
    return this.#young.sizeInBytes > this.#limit && this.#unwritten.length === 0
  }

  /** The same key object twice in a row, as in a read and then a write, is looked up once. */
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
    return this.#young.add(key, hash, old === NO_ROW ? this.#fromStorage(key, hash) : this.#old.present(old))
  }

  #fromStorage(key: Uint8Array, hash: number): T {
    return this.#elsewhere?.mayHold(hash) === false ? this.#nothing : this.#load(key)
  }

  /** Lets go of the old rows; those that are young become old. */
  #age(): void {
    if (this.#elsewhere !== undefined) this.#old.addTo(this.#elsewhere)
    const old = (this.#old = this.#young)
    const young = (this.#young = new RowTable(this.#values(), old.size))
    this.#dirty = this.#dirty.map((row) => {
      const key = old.key(row)
      const moved = young.add(key, hashOf(key), old.committed(row))
      young.write(moved, old.present(row))
      return moved
    })
    this.#limit = this.#budget + young.sizeInBytes
    this.#latestKey = undefined
  }
}
