/** The reader was too slow: it has to subscribe again, after the last event that it has seen. */
export class ResynchroniseError extends Error {
  readonly code = 'RESYNCHRONISE'

  constructor() {
    super('The reader was too slow and events were dropped: subscribe again, after the last event seen.')
  }
}

export interface MailboxLimits {
  readonly items: number
  readonly bytes: number
}

const LIMITS: MailboxLimits = { items: 256, bytes: 256 * 1024 }

/**
 * The bounded queue of one subscriber. Beyond a limit all items are dropped at once and the reader gets `ResynchroniseError`, so that a
 * reader that stopped reading costs next to nothing. For a single reader that awaits each `take()`.
 */
export class Mailbox<T> {
  readonly #limits: MailboxLimits
  readonly #items = new Map<unknown, { readonly item: T; readonly bytes: number }>()
  #bytes = 0
  #failure: Error | undefined
  #closed = false
  #wake: (() => void) | undefined

  constructor(limits: MailboxLimits = LIMITS) {
    this.#limits = limits
  }

  get size(): number {
    return this.#items.size
  }

  /** Replaces a waiting item with the same `key`. */
  put(item: T, bytes: number, key: unknown = Symbol('item')): void {
    if (this.#closed || this.#failure !== undefined) return
    this.#bytes += bytes - (this.#items.get(key)?.bytes ?? 0)
    this.#items.set(key, { item, bytes })
    if (this.#items.size > this.#limits.items || this.#bytes > this.#limits.bytes) this.fail(new ResynchroniseError())
    this.#wake?.()
  }

  /** Drops all items; the reader gets the error. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#items.clear()
    this.#bytes = 0
    this.#wake?.()
  }

  /** Drops all items; the reader gets `undefined`. */
  close(): void {
    this.#closed = true
    this.#items.clear()
    this.#wake?.()
  }

  /** The next item; undefined once the mailbox is closed. */
  async take(): Promise<T | undefined> {
    while (this.#items.size === 0 && !this.#closed && this.#failure === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
    if (this.#closed) return undefined
    if (this.#failure !== undefined) throw this.#failure
    for (const [key, { item, bytes }] of this.#items) {
      this.#items.delete(key)
      this.#bytes -= bytes
      return item
    }
    return undefined
  }
}
