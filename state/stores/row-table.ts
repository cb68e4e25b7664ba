import { Scratch } from '../scratch.ts'
import { Arena } from './arena.ts'
import type { KeyFilter } from './key-filter.ts'
import { sortByRank } from './radix-sort.ts'
import type { RowValues } from './row-values.ts'

/** Instead of a row that is not there. */
export const NO_ROW = -1

const FIRST_PLACES = 16
/** What a row takes beside its piece of memory, about. */
const PLACE_BYTES = 16

/** A row's piece of memory, in words: places of its present and of its committed value, the key's length and bytes. */
const PRESENT = 0
const COMMITTED = 1
const KEY_LENGTH = 2
const KEY = 3
/** Instead of the place of a committed value: that is the present one. */
const SAME = -2

/** From so many on the order is worth its price. */
const MANY_ROWS = 64
/** With short keys and values they take half a megabyte. */
const RUN_ROWS = 10_000

const lentKey = new Scratch()

/**
 * Rows by the bytes of their keys (open addressing, linear probing, at most two thirds full). Hashes lie together, so that a key that is not
 * there is found missing with one look into memory; in a `Map` each key on the way has to be looked at too. A row is a number and no
 * object, which the collector would have to follow for as long as the row is kept.
 */
export class RowTable<T> {
  readonly #values: RowValues<T>
  readonly #memory = new Arena()
  /** In pairs: a hash, or 0 where the place is free; its row. */
  #places: Int32Array
  #size = 0

  /** With room for so many rows, before it has to grow. */
  constructor(values: RowValues<T>, rows = 0) {
    this.#values = values
    let places = FIRST_PLACES
    while (3 * rows > 2 * places) places *= 2
    this.#places = new Int32Array(2 * places)
  }

  get size(): number {
    return this.#size
  }

  get sizeInBytes(): number {
    return this.#memory.sizeInBytes + this.#values.sizeInBytes + PLACE_BYTES * this.#size
  }

  find(key: Uint8Array, hash: number): number {
    const memory = this.#memory
    const places = this.#places
    const mask = places.length - 1
    for (let at = (2 * hash) & mask, found = places[at]; found !== 0; found = places[(at = (at + 2) & mask)]) {
      if (found !== hash) continue
      const row = places[at + 1] ?? 0
      if (memory.word(row + KEY_LENGTH) === key.length && memory.isSame(row + KEY, key)) return row
    }
    return NO_ROW
  }

  /** Adds a row whose key is not there. */
  add(key: Uint8Array, hash: number, committed: T): number {
    if (3 * this.#size >= this.#places.length) this.#grow()
    const memory = this.#memory
    const row = memory.take(4 * KEY + key.length)
    memory.setWord(row + PRESENT, this.#values.add(committed))
    memory.setWord(row + COMMITTED, SAME)
    memory.setWord(row + KEY_LENGTH, key.length)
    memory.setBytes(row + KEY, key)
    put(this.#places, hash, row)
    this.#size++
    return row
  }

  key(row: number): Uint8Array {
    return this.#memory.view(row + KEY, this.#memory.word(row + KEY_LENGTH))
  }

  /** Lends rows for a visit each, sorted by their keys in runs that a processor's own cache holds. */
  lendSorted(rows: readonly number[], visit: (key: Uint8Array, present: T) => void): void {
    for (let from = 0; from < rows.length; from += RUN_ROWS) {
      const run = new Int32Array(rows.slice(from, from + RUN_ROWS))
      if (run.length >= MANY_ROWS) this.#sort(run)
      for (let index = 0; index < run.length; index++) this.#lend(run[index] ?? 0, visit)
    }
  }

  present(row: number): T {
    return this.#values.get(this.#memory.word(row + PRESENT))
  }

  committed(row: number): T {
    const place = this.#memory.word(row + COMMITTED)
    return place === SAME ? this.present(row) : this.#values.get(place)
  }

  /** The row has a present value that is not the committed one. */
  isDirty(row: number): boolean {
    return this.#memory.word(row + COMMITTED) !== SAME
  }

  /** Gives the row another present value. */
  write(row: number, present: T): void {
    const place = this.#memory.word(row + PRESENT)
    if (this.isDirty(row)) this.#values.drop(place)
    else this.#memory.setWord(row + COMMITTED, place)
    this.#memory.setWord(row + PRESENT, this.#values.add(present))
  }

  commit(row: number): void {
    this.#values.drop(this.#memory.word(row + COMMITTED))
    this.#memory.setWord(row + COMMITTED, SAME)
  }

  abort(row: number): void {
    this.#values.drop(this.#memory.word(row + PRESENT))
    this.#memory.setWord(row + PRESENT, this.#memory.word(row + COMMITTED))
    this.#memory.setWord(row + COMMITTED, SAME)
  }

  /** Has the filter know all keys that are here. */
  addTo(filter: KeyFilter): void {
    for (let at = 0; at < this.#places.length; at += 2) {
      const hash = this.#places[at] ?? 0
      if (hash !== 0) filter.add(hash)
    }
  }

  #lend(row: number, visit: (key: Uint8Array, present: T) => void): void {
    const memory = this.#memory
    const key = memory.lend(lentKey, row + KEY, memory.word(row + KEY_LENGTH))
    visit(key, this.#values.lend(memory.word(row + PRESENT)))
  }

  /** As far as the four bytes tell that follow what all of these keys begin with. */
  #sort(rows: Int32Array): void {
    const memory = this.#memory
    const shared = this.#sharedLength(rows)
    const ranks = new Uint32Array(rows.length)
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] ?? 0
      ranks[index] = memory.bigEndian(row + KEY, shared, memory.word(row + KEY_LENGTH))
    }
    sortByRank(rows, ranks)
  }

  /** With so many of the same bytes all keys begin. */
  #sharedLength(rows: Int32Array): number {
    const memory = this.#memory
    const first = rows[0] ?? 0
    let shared = memory.word(first + KEY_LENGTH)
    for (let index = 1; index < rows.length; index++) {
      const row = rows[index] ?? 0
      shared = memory.sharedLength(first + KEY, row + KEY, Math.min(shared, memory.word(row + KEY_LENGTH)))
    }
    return shared
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
