import type { Serde, StateStore, TimeOrderedBuffer, WindowRow } from '../../state/index.ts'
import type { Suppressed } from './suppressed-serde.ts'

/** The open buffer over each store, so that the view of a suppressed table finds the buffer of its own task. */
const buffers = new WeakMap<StateStore, { find(key: never): Suppressed<unknown> | undefined }>()

/** The changes that a task holds back, ordered by time, then by key, and indexed by key. */
export class SuppressBuffer<K, V> {
  readonly #rows: TimeOrderedBuffer<K, Suppressed<V>>
  readonly #keySerde: Serde<K>
  /** The time under which each held key is stored. A newer change of a key replaces the older one at the same time. */
  readonly #times = new Map<string, number>()

  /** Rebuilds the index from the store, because an abort takes rows out of it. */
  constructor(rows: TimeOrderedBuffer<K, Suppressed<V>>, keySerde: Serde<K>) {
    this.#rows = rows
    this.#keySerde = keySerde
    for (const { key, start } of rows.rows()) this.#times.set(this.#text(key), start)
    buffers.set(rows, this)
  }

  static forStore<K, V>(store: StateStore): Pick<SuppressBuffer<K, V>, 'find'> | undefined {
    return buffers.get(store) as Pick<SuppressBuffer<K, V>, 'find'> | undefined
  }

  get size(): number {
    return this.#rows.size
  }

  get sizeInBytes(): number {
    return this.#rows.sizeInBytes
  }

  find(key: K): Suppressed<V> | undefined {
    const time = this.#times.get(this.#text(key))
    return time === undefined ? undefined : this.#rows.get(time, key)
  }

  /** If the key is held already, the change replaces the held one but keeps its time and its prior value. */
  put(time: number, key: K, change: Suppressed<V>, timestamp: number): void {
    const text = this.#text(key)
    const heldTime = this.#times.get(text)
    const held = heldTime === undefined ? undefined : this.#rows.get(heldTime, key)
    this.#times.set(text, heldTime ?? time)
    this.#rows.put(heldTime ?? time, key, held === undefined ? change : { ...change, priorValue: held.priorValue }, timestamp)
  }

  first(): WindowRow<K, Suppressed<V>> | undefined {
    return this.#rows.first()
  }

  delete({ key, start }: WindowRow<K, Suppressed<V>>): void {
    this.#times.delete(this.#text(key))
    this.#rows.delete(start, key)
  }

  #text(key: K): string {
    return Buffer.from(this.#keySerde.serialize(key)).toString('latin1')
  }
}
