import type { Ports } from '../../topology/index.ts'
import { Feed } from './feed.ts'
import type { Mailbox } from './mailbox.ts'

/**
 * A value that is looked at once a second while somebody subscribes, and costs nothing while nobody does. All subscribers get the same
 * object; one who is slow gets the newest.
 */
export class Sampler<T> {
  readonly #ports: Ports
  readonly #read: () => T
  readonly #everyMs: number
  readonly #mailboxes = new Set<Mailbox<T>>()
  #timer: { cancel(): void } | undefined
  #latest: { readonly text: string; readonly value: T } | undefined

  constructor(ports: Ports, read: () => T, everyMs = 1_000) {
    this.#ports = ports
    this.#read = read
    this.#everyMs = everyMs
  }

  feed(): Feed<T, T> {
    let count = 0
    const eventOf = (value: T): { id: string; value: T }[] => [{ id: `${this.#ports.clock.now()}-${++count}`, value }]
    return new Feed({
      listen: (mailbox) => {
        this.#mailboxes.add(mailbox)
        this.#timer ??= this.#arm()
        return { recent: [], close: () => this.#leave(mailbox) }
      },
      begin: async () => eventOf(this.#read()),
      follow: eventOf,
    })
  }

  #arm(): { cancel(): void } {
    return this.#ports.timers.setTimeout(() => this.#sample(), this.#everyMs)
  }

  #sample(): void {
    this.#timer = this.#arm()
    const value = this.#read()
    const text = JSON.stringify(value)
    if (text === this.#latest?.text) return
    this.#latest = { text, value }
    for (const mailbox of this.#mailboxes) mailbox.put(value, 0, 'sample')
  }

  #leave(mailbox: Mailbox<T>): void {
    this.#mailboxes.delete(mailbox)
    if (this.#mailboxes.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#latest = undefined
  }
}
