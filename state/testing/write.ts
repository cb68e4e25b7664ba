import { addAll, type OrderedStorage, type StorageOperation, type WriteOptions } from '../ordered-storage.ts'

/** One batch with these operations. */
export async function write(storage: OrderedStorage, operations: Iterable<StorageOperation>, options?: WriteOptions): Promise<void> {
  const batch = storage.batch()
  addAll(batch, operations)
  await batch.write(options)
}
