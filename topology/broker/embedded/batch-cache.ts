/** A batch whose bytes the cache may drop, because they are in the storage too. */
export interface CachedBatch {
  readonly sizeInBytes: number
  bytes: Buffer | undefined
}

/** Keeps the newest batches of all partitions, up to a number of bytes, so that readers at the log ends do not read the storage. */
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
