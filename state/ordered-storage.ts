/**
 * Bytes by key, in the order of the keys: what a task's stores and the embedded broker lie on. Adapters: `leveldb/`, `memory/`.
 */
export interface OrderedStorage {
  /** The view is valid until the next write of that key. */
  get(key: Uint8Array): Uint8Array | undefined
  /** Begins a batch of writes. */
  batch(): StorageBatch
  /** Rows with gte ≤ key < lt as of the first step of the iteration, whatever is written meanwhile. */
  scan(range: StorageRange): AsyncIterable<StorageRow>
  /** Deletes a range; not atomic, and it may come undone by a crash. */
  clear(range: StorageRange): Promise<void>
  close(): Promise<void>
}

/**
 * Writes that become part of the storage together. What is handed in is copied: its memory may be used again at once, for the next row
 * too. A key may come in two parts, and so may a value.
 */
export interface StorageBatch {
  /** The row `prefix | key` gets the value `head | value`. */
  put(key: Uint8Array, value: Uint8Array, prefix?: Uint8Array, head?: Uint8Array): void
  delete(key: Uint8Array, prefix?: Uint8Array): void
  /** All or nothing, once. With `sync` it is on the disk, not only with the operating system, when this resolves. */
  write(options?: WriteOptions): Promise<void>
  /** Instead of `write`: the storage stays as it is. */
  discard(): void
}

export interface WriteOptions {
  readonly sync?: boolean
}

/** One of a batch's writes, where they have to be kept; `null` deletes. */
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

/** Adds operations to a batch, in their order. */
export function addAll(batch: StorageBatch, operations: Iterable<StorageOperation>): void {
  for (const { key, value } of operations) {
    if (value === null) batch.delete(key)
    else batch.put(key, value)
  }
}
