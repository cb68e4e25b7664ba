import { TopicTail } from '../../api/index.ts'
import { Books, type EventFormats } from '../../processors/index.ts'
import type { Broker, Ports } from '../../topology/index.ts'

export interface BankWatchOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly formats: EventFormats
}

/** Window of the transfer rate. */
const WINDOW_SECONDS = 5

/** Reads the bank's events from outside the topology: keeps the books from the first event on, and counts the transfers that end. */
export class BankWatch {
  readonly #options: BankWatchOptions
  readonly #books = new Books()
  /** Ended transfers by second, for the length of the window. */
  readonly #ended = new Map<number, number>()
  #tail: TopicTail | undefined
  #isCaughtUp = false

  private constructor(options: BankWatchOptions) {
    this.#options = options
  }

  /** Resolves when the tail is open; past events are still being read then. */
  static async open(options: BankWatchOptions): Promise<BankWatch> {
    const watch = new BankWatch(options)
    const { broker, ports, formats } = options
    const tail = await TopicTail.open({
      broker,
      ports,
      sources: [
        { topic: formats.accounts.topic, from: 'earliest' },
        { topic: formats.transfers.topic, from: 'latest' },
      ],
      onRecord: (topic, _key, value) => watch.#see(topic, value),
    })
    watch.#tail = tail
    void tail.catchUp().then(() => (watch.#isCaughtUp = true))
    return watch
  }

  /** Null until all past events have been read. Money of transfers in flight is accounted for as such. */
  get booksBalanced(): boolean | null {
    return this.#isCaughtUp ? this.#books.isBalanced : null
  }

  /** The inconsistencies found so far, in words. */
  get faults(): readonly string[] {
    return this.#books.faults
  }

  get transfersPerSecond(): number {
    const now = this.#second()
    let count = 0
    for (let second = now - WINDOW_SECONDS; second < now; second++) count += this.#ended.get(second) ?? 0
    return count / WINDOW_SECONDS
  }

  /** Reads up to the present end of the topics, then tells whether the books are balanced and no transfer is in flight. */
  async isBalancedAtRest(): Promise<boolean> {
    await this.#tail?.catchUp()
    return this.#books.isBalanced && this.#books.isAtRest
  }

  async close(): Promise<void> {
    await this.#tail?.close()
  }

  #see(topic: string, value: Uint8Array | null): void {
    const { accounts, transfers } = this.#options.formats
    if (value === null) return
    if (topic === accounts.topic) return this.#books.record(accounts.decode(value))
    if (transfers.decode(value).type === 'TransferStarted') return
    const second = this.#second()
    this.#ended.set(second, (this.#ended.get(second) ?? 0) + 1)
    for (const old of this.#ended.keys()) if (old < second - WINDOW_SECONDS) this.#ended.delete(old)
  }

  #second(): number {
    return Math.floor(this.#options.ports.clock.monotonic() / 1_000)
  }
}
