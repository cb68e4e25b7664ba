import { copyOf } from '../bytes.ts'
import { KeyFilter } from './key-filter.ts'
import { hashOf } from './key-hash.ts'
import { KeyTable, type Keyed } from './key-table.ts'

/** One row in memory: its present value, and the committed one while the present is not committed. */
export interface CachedRow<T> extends Keyed {
  present: T
  committed: T
  dirty: boolean
  size: number
}

export interface RowCacheOptions<T> {
  /** Reads a row from the storage. */
  readonly load: (key: Uint8Array) => T
  /** What `load` gives where there is no row. */
  readonly nothing: T
  readonly sizeOf: (value: T) => number
  readonly budgetBytes: number
  /** The storage has no row of the store yet. */
  readonly isNew: boolean
}

/** What a row takes beside the bytes of key and value: its object, its place in the table, the headers of both. */
const ROW_BYTES = 100

/**
 * Write buffer and cache in one: a dirty row is pinned until its transaction ends, a clean one may be let go. What is in use is among the
 * young rows; when these take half of the budget at the end of a transaction they become the old ones, and what was old until then and not
 * looked at since is gone. `T` is immutable; `sizeOf` measures it in bytes.
 */
export class RowCache<T> {
  #young = new KeyTable<CachedRow<T>>()
  /** May hold young ones too; those that are dirty are young. */
  #old = new KeyTable<CachedRow<T>>()
  readonly #sizeOf: (value: T) => number
  readonly #load: (key: Uint8Array) => T
  readonly #nothing: T
  readonly #budget: number
  #dirty: CachedRow<T>[] = []
  #unwritten: readonly CachedRow<T>[] = []
  #latest: CachedRow<T> | undefined
  #latestKey: Uint8Array | undefined
  /** Rows that were let go of; undefined: the storage may hold others too. What is neither here nor there need not be looked for on the disk. */
  #elsewhere: KeyFilter | undefined
  #youngBytes = 0
  #dirtyBytes = 0
  /** So much may be young before the transaction ends: the budget, and what cannot be let go now. */
  #limit: number

  constructor(options: RowCacheOptions<T>) {
    this.#load = options.load
    this.#nothing = options.nothing
    this.#sizeOf = options.sizeOf
    this.#budget = options.budgetBytes
    this.#limit = options.budgetBytes
    this.#elsewhere = options.isNew ? new KeyFilter() : undefined
  }

  get dirtyRows(): readonly CachedRow<T>[] {
    return this.#dirty
  }

  get dirtyBytes(): number {
    return this.#dirtyBytes
  }

  read(key: Uint8Array): T {
    return this.#row(key).present
  }

  readCommitted(key: Uint8Array): T {
    const hash = hashOf(key)
    const row = this.#young.get(key, hash) ?? this.#old.get(key, hash)
    return row === undefined ? this.#fromStorage(key, hash) : row.committed
  }

  write(key: Uint8Array, value: T): void {
    const row = this.#row(key)
    row.present = value
    const size = this.#sizeOf(value) + row.key.length + ROW_BYTES
    this.#youngBytes += size - row.size
    if (row.dirty) {
      this.#dirtyBytes += size - row.size
    } else {
      row.dirty = true
      this.#dirty.push(row)
      this.#dirtyBytes += size
    }
    row.size = size
  }

  /** The dirty rows become the committed ones. */
  commit(): void {
    for (const row of this.#dirty) {
      row.committed = row.present
      row.dirty = false
    }
    this.#unwritten = this.#dirty
    this.#forgetDirty()
  }

  abort(): void {
    for (const row of this.#dirty) {
      row.present = row.committed
      row.dirty = false
    }
    this.#forgetDirty()
  }

  /** The committed rows are in the storage. */
  written(): void {
    this.#unwritten = []
    if (this.#youngBytes > this.#budget / 2) this.#age()
  }

  get isEmpty(): boolean {
    return this.#young.size === 0 && this.#old.size === 0
  }

  /** These rows have been changed in the storage, past the cache. */
  reload(keys: readonly Uint8Array[]): void {
    this.#elsewhere = undefined
    for (const key of keys) {
      const hash = hashOf(key)
      const row = this.#young.get(key, hash) ?? this.#old.get(key, hash)
      if (row !== undefined && !row.dirty) row.present = row.committed = this.#load(key)
    }
  }

  /** Rows that differ, or may differ, from what is in the storage. */
  aheadOfStorage(): readonly CachedRow<T>[] {
    return this.#unwritten.length === 0 ? this.#dirty : [...this.#unwritten, ...this.#dirty]
  }

  /** The same key object twice in a row, as in a read and then a write, is looked up once. */
  #row(key: Uint8Array): CachedRow<T> {
    if (this.#latest !== undefined && key === this.#latestKey) return this.#latest
    const row = this.#find(key)
    this.#latest = row
    this.#latestKey = key
    return row
  }

  #find(key: Uint8Array): CachedRow<T> {
    const hash = hashOf(key)
    const young = this.#young.get(key, hash)
    if (young !== undefined) return young
    if (this.#youngBytes > this.#limit && this.#unwritten.length === 0) this.#age()
    const row = this.#old.get(key, hash) ?? this.#loaded(key, hash)
    this.#young.add(row)
    this.#youngBytes += row.size
    return row
  }

  #loaded(key: Uint8Array, hash: number): CachedRow<T> {
    const value = this.#fromStorage(key, hash)
    const size = this.#sizeOf(value) + key.length + ROW_BYTES
    return { key: copyOf(key), hash, present: value, committed: value, dirty: false, size }
  }

  #fromStorage(key: Uint8Array, hash: number): T {
    return this.#elsewhere?.mayHold(hash) === false ? this.#nothing : this.#load(key)
  }

  /** Lets go of the old rows; those that are young become old. */
  #age(): void {
    const young = this.#old
    if (this.#elsewhere !== undefined) young.addTo(this.#elsewhere)
    this.#old = this.#young
    this.#young = young
    young.clear()
    for (const row of this.#dirty) young.add(row)
    this.#youngBytes = this.#dirtyBytes
    this.#limit = this.#budget + this.#dirtyBytes
    this.#latest = undefined
  }

  #forgetDirty(): void {
    this.#dirty = []
    this.#dirtyBytes = 0
  }
}
