/** A record for the subscribers. It is decoded once; all subscribers get the same object. */
export interface Published<T> {
  readonly key: string
  readonly value: T
  /** Size of the encoded value. */
  readonly bytes: number
}

export type ChannelListener<T> = (item: Published<T>) => void

export interface ChannelSubscription<T> {
  /** The newest records before the subscription, oldest first: the projections' stores may lack them still. */
  readonly recent: readonly Published<T>[]
  close(): void
}

/** Publishes the records of one topic to the subscribers of a key and to the subscribers of all keys. */
export class Channel<T> {
  readonly #decode: (value: Uint8Array) => T
  readonly #kept: number
  readonly #byKey = new Map<string, Set<ChannelListener<T>>>()
  readonly #all = new Set<ChannelListener<T>>()
  #recent: Published<T>[] = []

  /** A new subscriber gets at least the `kept` newest records. */
  constructor(decode: (value: Uint8Array) => T, kept: number) {
    this.#decode = decode
    this.#kept = kept
  }

  get subscribers(): number {
    let count = this.#all.size
    for (const listeners of this.#byKey.values()) count += listeners.size
    return count
  }

  /** Throws what `decode` throws. */
  publish(key: Uint8Array, value: Uint8Array): void {
    const item = { key: Buffer.from(key).toString('utf8'), value: this.#decode(value), bytes: value.length }
    this.#recent.push(item)
    if (this.#recent.length >= 2 * this.#kept) this.#recent = this.#recent.slice(-this.#kept)
    for (const listener of this.#byKey.get(item.key) ?? []) listener(item)
    for (const listener of this.#all) listener(item)
  }

  /** Without a key: all records. */
  subscribe(key: string | undefined, listener: ChannelListener<T>): ChannelSubscription<T> {
    const listeners = key === undefined ? this.#all : (this.#byKey.get(key) ?? new Set())
    if (key !== undefined) this.#byKey.set(key, listeners)
    listeners.add(listener)
    return {
      recent: key === undefined ? [...this.#recent] : this.#recent.filter((item) => item.key === key),
      close: () => {
        listeners.delete(listener)
        if (key !== undefined && listeners.size === 0 && this.#byKey.get(key) === listeners) this.#byKey.delete(key)
      },
    }
  }
}
