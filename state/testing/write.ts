import { addAll, type OrderedStorage, type StorageOperation, type WriteOptions } from '../ordered-storage.ts'

/** Writes the operations in one batch. */
export async function write(storage: OrderedStorage, operations: Iterable<StorageOperation>, options?: WriteOptions): Promise<void> {
  const batch = storage.batch()
  addAll(batch, operations)
  await batch.write(options)
}
