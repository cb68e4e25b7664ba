import type { Ports } from '../../topology/index.ts'
import { Feed } from './feed.ts'
import type { Mailbox } from './mailbox.ts'

/** Samples a value once a second while there are subscribers. All of them get the same object; a slow reader gets only the newest. */
export class Sampler<T> {
  readonly #ports: Ports
  readonly #read: () => T
  readonly #intervalMs: number
  readonly #mailboxes = new Set<Mailbox<T>>()
  #timer: { cancel(): void } | undefined
  #latest: { readonly text: string; readonly value: T } | undefined

  constructor(ports: Ports, read: () => T, intervalMs = 1_000) {
    this.#ports = ports
    this.#read = read
    this.#intervalMs = intervalMs
  }

  feed(): Feed<T, T> {
    let count = 0
    const eventOf = (value: T): { id: string; value: T }[] => [{ id: `${this.#ports.clock.now()}-${++count}`, value }]
    return new Feed({
      listen: (mailbox) => {
        this.#mailboxes.add(mailbox)
        this.#timer ??= this.#scheduleSample()
        return { recent: [], close: () => this.#unsubscribe(mailbox) }
      },
      begin: async () => eventOf(this.#read()),
      follow: eventOf,
    })
  }

  #scheduleSample(): { cancel(): void } {
    return this.#ports.timers.setTimeout(() => this.#sample(), this.#intervalMs)
  }

  #sample(): void {
    this.#timer = this.#scheduleSample()
    const value = this.#read()
    const text = JSON.stringify(value)
    if (text === this.#latest?.text) return
    this.#latest = { text, value }
    for (const mailbox of this.#mailboxes) mailbox.put(value, 0, 'sample')
  }

  #unsubscribe(mailbox: Mailbox<T>): void {
    this.#mailboxes.delete(mailbox)
    if (this.#mailboxes.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#latest = undefined
  }
}
