import { Scratch } from '../scratch.ts'
import { Arena } from './arena.ts'
import type { KeyFilter } from './key-filter.ts'
import { sortByRank } from './radix-sort.ts'
import type { RowValues } from './row-values.ts'

/** Returned by `find` if there is no row. */
export const NO_ROW = -1

const FIRST_SLOTS = 16
/** Approximate size of a row outside the arena. */
const SLOT_BYTES = 16

/** Layout of a row in the arena, in words: handles of its current and its committed value, the key's length, the key. */
const CURRENT = 0
const COMMITTED = 1
const KEY_LENGTH = 2
const KEY = 3
/** Handle of the committed value if it is the current one. */
const SAME = -2

/** Sorting fewer rows costs more than it saves. */
const MANY_ROWS = 64
/** With short keys and values, a run is about half a megabyte, which fits the CPU cache. */
const RUN_ROWS = 10_000

const lentKey = new Scratch()

/**
 * Hash table from key bytes to rows: open addressing, linear probing, at most two thirds full. Hashes lie next to each other, so a missing key
 * costs one memory access, while a `Map` compares every key on its way (DECISIONS 84). A row is a number, not an object, so the garbage
 * collector does not trace it (DECISIONS 89).
 */
export class RowTable<T> {
  readonly #values: RowValues<T>
  readonly #memory = new Arena()
  /** Pairs of a hash (0: the slot is free) and its row. */
  #slots: Int32Array
  #size = 0

  /** Has room for `rows` rows before it grows. */
  constructor(values: RowValues<T>, rows = 0) {
    this.#values = values
    let slots = FIRST_SLOTS
    while (3 * rows > 2 * slots) slots *= 2
    this.#slots = new Int32Array(2 * slots)
  }

  get size(): number {
    return this.#size
  }

  get sizeInBytes(): number {
    return this.#memory.sizeInBytes + this.#values.sizeInBytes + SLOT_BYTES * this.#size
  }

  find(key: Uint8Array, hash: number): number {
    const memory = this.#memory
    const slots = this.#slots
    const mask = slots.length - 1
    for (let at = (2 * hash) & mask, found = slots[at]; found !== 0; found = slots[(at = (at + 2) & mask)]) {
      if (found !== hash) continue
      const row = slots[at + 1] ?? 0
      if (memory.word(row + KEY_LENGTH) === key.length && memory.equals(row + KEY, key)) return row
    }
    return NO_ROW
  }

  /** Adds a row; the key must not be in the table. */
  add(key: Uint8Array, hash: number, committed: T): number {
    if (3 * this.#size >= this.#slots.length) this.#grow()
    const memory = this.#memory
    const row = memory.take(4 * KEY + key.length)
    memory.setWord(row + CURRENT, this.#values.add(committed))
    memory.setWord(row + COMMITTED, SAME)
    memory.setWord(row + KEY_LENGTH, key.length)
    memory.setBytes(row + KEY, key)
    put(this.#slots, hash, row)
    this.#size++
    return row
  }

  key(row: number): Uint8Array {
    return this.#memory.view(row + KEY, this.#memory.word(row + KEY_LENGTH))
  }

  /** Visits the rows, sorted by key within runs that fit the CPU cache. Key and value are valid until `visit` returns. */
  lendSorted(rows: readonly number[], visit: (key: Uint8Array, current: T) => void): void {
    for (let from = 0; from < rows.length; from += RUN_ROWS) {
      const run = new Int32Array(rows.slice(from, from + RUN_ROWS))
      if (run.length >= MANY_ROWS) this.#sort(run)
      for (let index = 0; index < run.length; index++) this.#lend(run[index] ?? 0, visit)
    }
  }

  current(row: number): T {
    return this.#values.get(this.#memory.word(row + CURRENT))
  }

  committed(row: number): T {
    const handle = this.#memory.word(row + COMMITTED)
    return handle === SAME ? this.current(row) : this.#values.get(handle)
  }

  /** Whether the row has an uncommitted value. */
  isDirty(row: number): boolean {
    return this.#memory.word(row + COMMITTED) !== SAME
  }

  /** Sets the current value. */
  write(row: number, current: T): void {
    const handle = this.#memory.word(row + CURRENT)
    if (this.isDirty(row)) this.#values.drop(handle)
    else this.#memory.setWord(row + COMMITTED, handle)
    this.#memory.setWord(row + CURRENT, this.#values.add(current))
  }

  commit(row: number): void {
    this.#values.drop(this.#memory.word(row + COMMITTED))
    this.#memory.setWord(row + COMMITTED, SAME)
  }

  abort(row: number): void {
    this.#values.drop(this.#memory.word(row + CURRENT))
    this.#memory.setWord(row + CURRENT, this.#memory.word(row + COMMITTED))
    this.#memory.setWord(row + COMMITTED, SAME)
  }

  /** Adds all keys to the filter. */
  addTo(filter: KeyFilter): void {
    for (let at = 0; at < this.#slots.length; at += 2) {
      const hash = this.#slots[at] ?? 0
      if (hash !== 0) filter.add(hash)
    }
  }

  #lend(row: number, visit: (key: Uint8Array, current: T) => void): void {
    const memory = this.#memory
    const key = memory.lend(lentKey, row + KEY, memory.word(row + KEY_LENGTH))
    visit(key, this.#values.lend(memory.word(row + CURRENT)))
  }

  /** Sorts by the four bytes that follow the common prefix of all these keys. */
  #sort(rows: Int32Array): void {
    const memory = this.#memory
    const shared = this.#commonPrefixLength(rows)
    const ranks = new Uint32Array(rows.length)
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] ?? 0
      ranks[index] = memory.bigEndian(row + KEY, shared, memory.word(row + KEY_LENGTH))
    }
    sortByRank(rows, ranks)
  }

  #commonPrefixLength(rows: Int32Array): number {
    const memory = this.#memory
    const first = rows[0] ?? 0
    let shared = memory.word(first + KEY_LENGTH)
    for (let index = 1; index < rows.length; index++) {
      const row = rows[index] ?? 0
      shared = memory.commonPrefixLength(first + KEY, row + KEY, Math.min(shared, memory.word(row + KEY_LENGTH)))
    }
    return shared
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.#slots.length)
    for (let at = 0; at < this.#slots.length; at += 2) {
      const hash = this.#slots[at] ?? 0
      if (hash !== 0) put(slots, hash, this.#slots[at + 1] ?? 0)
    }
    this.#slots = slots
  }
}

function put(slots: Int32Array, hash: number, row: number): void {
  const mask = slots.length - 1
  let at = (2 * hash) & mask
  while (slots[at] !== 0) at = (at + 2) & mask
  slots[at] = hash
  slots[at + 1] = row
}
