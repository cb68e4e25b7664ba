import type { LogEntry } from './partition-log.ts'

/** The newest batches of all partitions, up to a number of bytes: who follows the logs never reads from the storage. */
export class BatchCache {
  readonly #maxBytes: number
  readonly #entries = new Set<LogEntry>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(entry: LogEntry): void {
    this.#entries.add(entry)
    this.#bytes += entry.sizeInBytes
    for (const oldest of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break
      this.remove(oldest)
    }
  }

  remove(entry: LogEntry): void {
    if (!this.#entries.delete(entry)) return
    this.#bytes -= entry.sizeInBytes
    entry.bytes = undefined
  }
}
