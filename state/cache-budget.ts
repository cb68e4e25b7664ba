const DEFAULT_BYTES = 128 << 20

/** Memory for the rows that the stores of all tasks of an instance cache: about so much, shared as they need it. */
export class CacheBudget {
  readonly bytes: number
  /** What all caches together hold. */
  held = 0
  /** How many of them hold anything. */
  holders = 0

  /** Default 128 MiB. */
  constructor(bytes = DEFAULT_BYTES) {
    this.bytes = bytes
  }
}

/** The part of one cache in what all hold. */
export class CacheAccount {
  readonly #budget: CacheBudget
  #held = 0

  constructor(budget: CacheBudget) {
    this.#budget = budget
  }

  /** The same for all caches, in bytes: what a transaction may add to one before it ends. */
  get share(): number {
    return this.#budget.bytes / Math.max(1, this.#budget.holders)
  }

  /**
   * Tells how many bytes the cache holds, of newer rows and of older ones. True: it is to let go of the older ones, half of the budget being
   * used up. That meets who holds as much as the average or more, when he has as many newer ones, so that what is in use stays.
   */
  hold(newer: number, older: number): boolean {
    const budget = this.#budget
    this.#set(newer + older)
    return 2 * budget.held > budget.bytes && this.#held * budget.holders >= budget.held && newer >= older
  }

  close(): void {
    this.#set(0)
  }

  #set(bytes: number): void {
    const budget = this.#budget
    budget.holders += Number(bytes > 0) - Number(this.#held > 0)
    budget.held += bytes - this.#held
    this.#held = bytes
  }
}
