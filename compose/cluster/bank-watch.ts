import { TopicTail } from '../../api/index.ts'
import { Books, type EventFormats } from '../../processors/index.ts'
import type { Broker, Ports } from '../../topology/index.ts'

export interface BankWatchOptions {
  readonly broker: Broker
  readonly ports: Ports
  readonly formats: EventFormats
}

/** Seconds that the rate of transfers is taken over. */
const SPAN = 5

/** Looks at the bank's events from outside: keeps its books from the very first one, and counts the transfers that end. */
export class BankWatch {
  readonly #options: BankWatchOptions
  readonly #books = new Books()
  /** Transfers that ended, by second; the oldest are forgotten. */
  readonly #ended = new Map<number, number>()
  #tail: TopicTail | undefined
  #hasRead = false

  private constructor(options: BankWatchOptions) {
    this.#options = options
  }

  /** Resolves when it looks; what happened before is read by and by. */
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
    void tail.catchUp().then(() => (watch.#hasRead = true))
    return watch
  }

  /** Null: not yet known. While transfers are under way their money counts as under way. */
  get booksBalanced(): boolean | null {
    return this.#hasRead ? this.#books.isBalanced : null
  }

  /** What does not fit together, in words. */
  get faults(): readonly string[] {
    return this.#books.faults
  }

  get transfersPerSecond(): number {
    const now = this.#second()
    let count = 0
    for (let second = now - SPAN; second < now; second++) count += this.#ended.get(second) ?? 0
    return count / SPAN
  }

  /** Resolves when every event there is now has been read; answers whether the books are balanced and nothing is under way. */
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
    for (const old of this.#ended.keys()) if (old < second - SPAN) this.#ended.delete(old)
  }

  #second(): number {
    return Math.floor(this.#options.ports.clock.monotonic() / 1_000)
  }
}
