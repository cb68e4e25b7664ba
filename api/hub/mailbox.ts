/** More came than the reader took: he has to begin anew from the last thing he saw. */
export class ResynchroniseError extends Error {
  readonly code = 'RESYNCHRONISE'

  constructor() {
    super('More came than was read: subscribe again, after the last event seen.')
  }
}

export interface MailboxLimits {
  readonly items: number
  readonly bytes: number
}

const LIMITS: MailboxLimits = { items: 256, bytes: 256 * 1024 }

/**
 * What waits for one subscriber. It is bounded: when more waits than the limits allow, all of it is dropped at once and the reader
 * gets `ResynchroniseError`, so that a reader who stopped reading costs next to nothing. One reader, who waits for each answer.
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

  /** An item with the `key` of one that still waits takes its place. */
  put(item: T, bytes: number, key: unknown = Symbol('item')): void {
    if (this.#closed || this.#failure !== undefined) return
    this.#bytes += bytes - (this.#items.get(key)?.bytes ?? 0)
    this.#items.set(key, { item, bytes })
    if (this.#items.size > this.#limits.items || this.#bytes > this.#limits.bytes) this.fail(new ResynchroniseError())
    this.#wake?.()
  }

  /** Drops what waits; the reader gets the error. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#items.clear()
    this.#bytes = 0
    this.#wake?.()
  }

  /** Drops what waits; the reader gets the end. */
  close(): void {
    this.#closed = true
    this.#items.clear()
    this.#wake?.()
  }

  /** The next item; undefined when the box was closed. */
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
