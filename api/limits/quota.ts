/** Gives a place back; does nothing when it is called again. */
export type Release = () => void

/** Counts what is in use, in all and per key, against a limit for each. Holds only keys that are in use. */
export class Quota {
  readonly #total: number
  readonly #perKey: number
  readonly #used = new Map<string, number>()
  #inUse = 0

  constructor(total: number, perKey: number) {
    this.#total = total
    this.#perKey = perKey
  }

  get inUse(): number {
    return this.#inUse
  }

  /** Undefined: a limit is reached. */
  take(key: string): Release | undefined {
    const used = this.#used.get(key) ?? 0
    if (this.#inUse >= this.#total || used >= this.#perKey) return undefined
    this.#inUse++
    this.#used.set(key, used + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      this.#inUse--
      const left = (this.#used.get(key) ?? 1) - 1
      if (left === 0) this.#used.delete(key)
      else this.#used.set(key, left)
    }
  }
}
