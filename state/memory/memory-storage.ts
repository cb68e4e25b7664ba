import { keyText } from '../bytes.ts'
import type { OrderedStorage, StorageOperation, StorageRange, StorageRow } from '../ordered-storage.ts'
import { GatheredBatch } from './gathered-batch.ts'

/** A storage in memory. Its rows survive `close`, so that a test can simulate a restart with the same object. */
export class MemoryStorage implements OrderedStorage {
  readonly #rows = new Map<string, StorageRow>()
  #sorted: string[] | undefined

  get size(): number {
    return this.#rows.size
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(keyText(key))?.value
  }

  batch(): GatheredBatch {
    return new GatheredBatch(async (operations) => this.apply(operations))
  }

  /** Writes synchronously. */
  apply(operations: readonly StorageOperation[]): void {
    for (const { key, value } of operations) {
      const text = keyText(key)
      if (value === null) {
        if (this.#rows.delete(text)) this.#sorted = undefined
      } else {
        if (!this.#rows.has(text)) this.#sorted = undefined
        this.#rows.set(text, { key, value })
      }
    }
  }

  async *scan(range: StorageRange): AsyncIterable<StorageRow> {
    const rows = this.#keysOf(range).map((text) => this.#rows.get(text))
    if (range.reverse) rows.reverse()
    for (const row of rows) if (row !== undefined) yield row
  }

  async clear(range: StorageRange): Promise<void> {
    const keys = this.#keysOf(range)
    for (const text of keys) this.#rows.delete(text)
    if (keys.length > 0) this.#sorted = undefined
  }

  async close(): Promise<void> {}

  #keysOf(range: StorageRange): string[] {
    this.#sorted ??= [...this.#rows.keys()].sort()
    return this.#sorted.slice(lowerBound(this.#sorted, keyText(range.gte)), lowerBound(this.#sorted, keyText(range.lt)))
  }
}

function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < text) low = middle + 1
    else high = middle
  }
  return low
}
