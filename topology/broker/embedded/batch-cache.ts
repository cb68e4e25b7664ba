/** A batch of a log whose bytes may be let go: they are in the storage too. */
export interface CachedBatch {
  readonly sizeInBytes: number
  bytes: Buffer | undefined
}

/** The newest batches of all partitions, up to a number of bytes: who follows the logs never reads from the storage. */
export class BatchCache {
  readonly #maxBytes: number
  readonly #entries = new Set<CachedBatch>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(entry: CachedBatch): void {
    this.#entries.add(entry)
    this.#bytes += entry.sizeInBytes
    for (const oldest of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break
      this.remove(oldest)
    }
  }

  remove(entry: CachedBatch): void {
    if (!this.#entries.delete(entry)) return
    this.#bytes -= entry.sizeInBytes
    entry.bytes = undefined
  }
}
