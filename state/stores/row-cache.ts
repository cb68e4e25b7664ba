import { copyOf, keyText } from '../bytes.ts'
import type { KeyIdentity } from '../serde.ts'
import { KeyFilter } from './key-filter.ts'

/** One row in memory: its present value, and the committed one while the present is not committed. */
export interface CachedRow<T> {
  readonly key: Uint8Array
  present: T
  committed: T
  dirty: boolean
  /** Set by a read, cleared when the clock hand passes: what is in use stays. */
  used: boolean
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
  /** What a row is known by, from its key's bytes. Default: the bytes as text. */
  readonly identityOf?: (key: Uint8Array) => KeyIdentity
}

/** What a row takes beside the bytes of key and value: its object, its place in the map, the headers of both. */
const ROW_BYTES = 100

/**
 * Write buffer and cache in one map: a dirty row is pinned until its transaction ends, a clean one may be let go. `T` is
 * immutable; `sizeOf` measures it in bytes. Whoever knows a key's identity hands it in with the bytes, which saves reckoning it.
 */
export class RowCache<T> {
  readonly #rows = new Map<KeyIdentity, CachedRow<T>>()
  readonly #sizeOf: (value: T) => number
  readonly #load: (key: Uint8Array) => T
  readonly #identityOf: (key: Uint8Array) => KeyIdentity
  readonly #nothing: T
  readonly #budget: number
  #dirty: CachedRow<T>[] = []
  #unwritten: readonly CachedRow<T>[] = []
  #latest: CachedRow<T> | undefined
  #latestKey: Uint8Array | undefined
  /** Rows that are in the storage and not here; undefined: that is not known. What is in neither need not be looked for on the disk. */
  #elsewhere: KeyFilter | undefined
  #bytes = 0
  #dirtyBytes = 0
  /** More than this is not held: the budget, or what cannot be let go now and a bit. */
  #limit: number

  constructor(options: RowCacheOptions<T>) {
    this.#load = options.load
    this.#identityOf = options.identityOf ?? keyText
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

  read(key: Uint8Array, identity?: KeyIdentity): T {
    return this.#row(key, identity).present
  }

  readCommitted(key: Uint8Array): T {
    const row = this.#rows.get(this.#identityOf(key))
    return row === undefined ? this.#fromStorage(key) : row.committed
  }

  write(key: Uint8Array, value: T, identity?: KeyIdentity): void {
    const row = this.#row(key, identity)
    row.present = value
    const size = this.#sizeOf(value) + row.key.length + ROW_BYTES
    this.#bytes += size - row.size
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
    this.#limit = this.#budget
    if (this.#bytes > this.#limit) this.#trim()
  }

  /** Lets go of clean rows, least lately used first, until the rest fits the budget. */
  #trim(): void {
    this.#latest = undefined
    const goal = this.#budget * 0.8
    for (const [identity, row] of this.#rows) {
      if (this.#bytes <= goal) return
      if (row.dirty) continue
      this.#rows.delete(identity)
      if (row.used) {
        row.used = false
        this.#rows.set(identity, row)
      } else {
        this.#bytes -= row.size
        this.#elsewhere?.add(row.key)
      }
    }
    this.#limit = Math.max(this.#budget, this.#bytes + this.#budget * 0.2)
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0
  }

  /** These rows have been changed in the storage, past the cache. */
  forget(keys: readonly Uint8Array[]): void {
    this.#elsewhere = undefined
    this.#latest = undefined
    for (const key of keys) {
      const identity = this.#identityOf(key)
      const row = this.#rows.get(identity)
      if (row === undefined || row.dirty) continue
      this.#bytes -= row.size
      this.#rows.delete(identity)
    }
  }

  /** Rows that differ, or may differ, from what is in the storage. */
  aheadOfStorage(): readonly CachedRow<T>[] {
    return this.#unwritten.length === 0 ? this.#dirty : [...this.#unwritten, ...this.#dirty]
  }

  /** The same key object twice in a row, as in a read and then a write, is looked up once. */
  #row(key: Uint8Array, identity: KeyIdentity | undefined): CachedRow<T> {
    if (this.#latest !== undefined && key === this.#latestKey) return this.#latest
    const row = this.#find(key, identity ?? this.#identityOf(key))
    this.#latest = row
    this.#latestKey = key
    return row
  }

  #find(key: Uint8Array, identity: KeyIdentity): CachedRow<T> {
    const known = this.#rows.get(identity)
    if (known !== undefined) {
      known.used = true
      return known
    }
    if (this.#bytes > this.#limit && this.#unwritten.length === 0) this.#trim()
    const value = this.#fromStorage(key)
    const row = {
      key: copyOf(key),
      present: value,
      committed: value,
      dirty: false,
      used: false,
      size: this.#sizeOf(value) + key.length + ROW_BYTES,
    }
    this.#rows.set(identity, row)
    this.#bytes += row.size
    return row
  }

  #fromStorage(key: Uint8Array): T {
    return this.#elsewhere?.mayHold(key) === false ? this.#nothing : this.#load(key)
  }

  #forgetDirty(): void {
    this.#dirty = []
    this.#dirtyBytes = 0
  }
}
