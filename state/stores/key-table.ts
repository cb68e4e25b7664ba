import type { KeyFilter } from './key-filter.ts'

/** What can stand in a table: its key's bytes, and their `hashOf`. */
export interface Keyed {
  readonly key: Uint8Array
  readonly hash: number
}

const FIRST_CAPACITY = 16

/**
 * Rows by the bytes of their keys (open addressing, linear probing, at most two thirds full). Hashes lie together, so that a key that is not
 * there is found missing with one look into memory; in a `Map` each key on the way has to be looked at too.
 */
export class KeyTable<R extends Keyed> {
  /** In pairs: a hash, or 0 where the place is free; the index of its row. */
  #places = new Int32Array(2 * FIRST_CAPACITY)
  #rows: R[] = []

  get size(): number {
    return this.#rows.length
  }

  get(key: Uint8Array, hash: number): R | undefined {
    const places = this.#places
    const mask = places.length - 1
    for (let at = (2 * hash) & mask, found = places[at]; found !== 0; found = places[(at = (at + 2) & mask)]) {
      if (found !== hash) continue
      const row = this.#rows[places[at + 1] ?? 0]
      if (row !== undefined && isSame(row.key, key)) return row
    }
    return undefined
  }

  /** Adds a row whose key is not there. */
  add(row: R): void {
    if (3 * this.#rows.length >= this.#places.length) this.#grow()
    put(this.#places, row.hash, this.#rows.length)
    this.#rows.push(row)
  }

  clear(): void {
    this.#places.fill(0)
    this.#rows = []
  }

  /** Has the filter know all keys that are here. */
  addTo(filter: KeyFilter): void {
    for (let at = 0; at < this.#places.length; at += 2) {
      const hash = this.#places[at] ?? 0
      if (hash !== 0) filter.add(hash)
    }
  }

  #grow(): void {
    const places = new Int32Array(2 * this.#places.length)
    for (let at = 0; at < this.#places.length; at += 2) {
      const hash = this.#places[at] ?? 0
      if (hash !== 0) put(places, hash, this.#places[at + 1] ?? 0)
    }
    this.#places = places
  }
}

function put(places: Int32Array, hash: number, row: number): void {
  const mask = places.length - 1
  let at = (2 * hash) & mask
  while (places[at] !== 0) at = (at + 2) & mask
  places[at] = hash
  places[at + 1] = row
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}
