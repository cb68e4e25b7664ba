/** A record on its way to subscribers: decoded once, all of them see the same object. */
export interface Published<T> {
  readonly key: string
  readonly value: T
  /** Its size in the topic. */
  readonly bytes: number
}

export type ChannelListener<T> = (item: Published<T>) => void

export interface ChannelSubscription<T> {
  /** What came shortly before, oldest first: a projection may not show it yet. */
  readonly recent: readonly Published<T>[]
  close(): void
}

/** One topic's records, for those who asked for a key and those who asked for all of them. */
export class Channel<T> {
  readonly #decode: (value: Uint8Array) => T
  readonly #kept: number
  readonly #byKey = new Map<string, Set<ChannelListener<T>>>()
  readonly #all = new Set<ChannelListener<T>>()
  #recent: Published<T>[] = []

  /** `kept`: how many records at least are told to somebody who comes later. */
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
