/** Rows of bytes, sorted by key as unsigned bytes: holds a task's stores and the embedded broker's data. Adapters: `leveldb/`, `memory/`. */
export interface OrderedStorage {
  /** The view is valid until the next write of that key. */
  get(key: Uint8Array): Uint8Array | undefined
  batch(): StorageBatch
  /** Rows with gte ≤ key < lt from a snapshot taken at the first step of the iteration. */
  scan(range: StorageRange): AsyncIterable<StorageRow>
  /** Deletes a range; neither atomic nor durable: a crash may bring rows back. */
  clear(range: StorageRange): Promise<void>
  close(): Promise<void>
}

/**
 * Writes that become visible together. Keys and values are copied, so that the caller may reuse their memory for the next row
 * (DECISIONS 83). Both may be passed in two parts, which saves the caller a concatenation.
 */
export interface StorageBatch {
  /** Sets the row `prefix | key` to `head | value`. */
  put(key: Uint8Array, value: Uint8Array, prefix?: Uint8Array, head?: Uint8Array): void
  delete(key: Uint8Array, prefix?: Uint8Array): void
  /** Atomic; to be called once. With `sync` it resolves after fsync. */
  write(options?: WriteOptions): Promise<void>
  /** To be called instead of `write`: drops the batch. */
  discard(): void
}

export interface WriteOptions {
  readonly sync?: boolean
}

/** A write as an object; a `null` value deletes. */
export interface StorageOperation {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

export interface StorageRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
  readonly reverse?: boolean
}

export interface StorageRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Adds operations to a batch, in order. */
export function addAll(batch: StorageBatch, operations: Iterable<StorageOperation>): void {
  for (const { key, value } of operations) {
    if (value === null) batch.delete(key)
    else batch.put(key, value)
  }
}
