import type { GatheredBatch } from './memory/gathered-batch.ts'
import type { MemoryStorage } from './memory/memory-storage.ts'
import type { OrderedStorage, StorageBatch } from './ordered-storage.ts'

/** What a task's stores write together: rows of stores in memory go to their memory, all others into one batch. */
export class TaskBatch {
  readonly #rows: StorageBatch
  readonly #passing = new Map<MemoryStorage, GatheredBatch>()

  constructor(storage: OrderedStorage) {
    this.#rows = storage.batch()
  }

  /** The batch for a store that is in this memory, or in none. */
  of(memory: MemoryStorage | undefined): StorageBatch {
    if (memory === undefined) return this.#rows
    const batch = this.#passing.get(memory) ?? memory.batch()
    this.#passing.set(memory, batch)
    return batch
  }

  async write(): Promise<void> {
    for (const [memory, { operations }] of this.#passing) memory.apply(operations)
    await this.#rows.write()
  }

  discard(): void {
    this.#rows.discard()
  }
}
