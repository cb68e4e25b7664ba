import { joined, NO_BYTES } from '../bytes.ts'
import type { StorageBatch, StorageOperation, WriteOptions } from '../ordered-storage.ts'

/** A batch that keeps its operations as objects and passes them to a callback when it is written. */
export class GatheredBatch implements StorageBatch {
  readonly operations: StorageOperation[] = []
  readonly write: (options?: WriteOptions) => Promise<void>

  constructor(write: (operations: readonly StorageOperation[], options?: WriteOptions) => Promise<void>) {
    this.write = (options) => write(this.operations, options)
  }

  put(key: Uint8Array, value: Uint8Array, prefix = NO_BYTES, head = NO_BYTES): void {
    this.operations.push({ key: joined(prefix, key), value: joined(head, value) })
  }

  delete(key: Uint8Array, prefix = NO_BYTES): void {
    this.operations.push({ key: joined(prefix, key), value: null })
  }

  discard(): void {
    this.operations.length = 0
  }
}
