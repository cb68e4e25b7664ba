import type { GatheredBatch, MemoryStorage } from './memory/index.ts'
import type { OrderedStorage, StorageBatch } from './ordered-storage.ts'

/** The writes of all stores of a task: one batch for the persistent stores, one per store that is in memory. */
export class TaskBatch {
  readonly #persistent: StorageBatch
  readonly #inMemory = new Map<MemoryStorage, GatheredBatch>()

  constructor(storage: OrderedStorage) {
    this.#persistent = storage.batch()
  }

  /** The batch for a store; `memory` is undefined for a persistent one. */
  forStore(memory: MemoryStorage | undefined): StorageBatch {
    if (memory === undefined) return this.#persistent
    const batch = this.#inMemory.get(memory) ?? memory.batch()
    this.#inMemory.set(memory, batch)
    return batch
  }

  async write(): Promise<void> {
    for (const [memory, { operations }] of this.#inMemory) memory.apply(operations)
    await this.#persistent.write()
  }

  discard(): void {
    this.#persistent.discard()
  }
}
