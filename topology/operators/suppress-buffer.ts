/** The changes that a task keeps back, ordered by time and then by key, and found by key. */
import type { Serde, StateStore, TimeOrderedBuffer, WindowRow } from '../../state/index.ts'
import type { Suppressed } from './suppressed-serde.ts'

/** The buffers at work, by their stores: who looks a suppressed table up finds the one of its task so. */
const open = new WeakMap<StateStore, { find(key: never): Suppressed<unknown> | undefined }>()

export class SuppressBuffer<K, V> {
  readonly #rows: TimeOrderedBuffer<K, Suppressed<V>>
  readonly #keySerde: Serde<K>
  /** For each key that waits, its place in time: a newer change takes the place of the older one. */
  readonly #times = new Map<string, number>()

  /** Opens the buffer over what the store holds: after an abort that is less than it was. */
  constructor(rows: TimeOrderedBuffer<K, Suppressed<V>>, keySerde: Serde<K>) {
    this.#rows = rows
    this.#keySerde = keySerde
    for (const { key, start } of rows.rows()) this.#times.set(this.#text(key), start)
    open.set(rows, this)
  }

  static of<K, V>(store: StateStore): Pick<SuppressBuffer<K, V>, 'find'> | undefined {
    return open.get(store) as Pick<SuppressBuffer<K, V>, 'find'> | undefined
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

  /** A change of a key that waits already takes its place, and keeps what was handed on before both. */
  put(time: number, key: K, change: Suppressed<V>, timestamp: number): void {
    const text = this.#text(key)
    const place = this.#times.get(text)
    const waiting = place === undefined ? undefined : this.#rows.get(place, key)
    this.#times.set(text, place ?? time)
    this.#rows.put(place ?? time, key, waiting === undefined ? change : { ...change, priorValue: waiting.priorValue }, timestamp)
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
