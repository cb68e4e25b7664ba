/**
 * Bytes by key, in the order of the keys: what a task's stores and the embedded broker lie on. Adapters: `leveldb/`, `memory/`.
 */
export interface OrderedStorage {
  /** The view is valid until the next write of that key. */
  get(key: Uint8Array): Uint8Array | undefined
  /** All of the batch or nothing. With `sync` it is on the disk, not only with the operating system, when this resolves. */
  write(batch: readonly StorageOperation[], options?: { readonly sync?: boolean }): Promise<void>
  /** Rows with gte ≤ key < lt as of the first step of the iteration, whatever is written meanwhile. */
  scan(range: StorageRange): AsyncIterable<StorageRow>
  /** Deletes a range; not atomic, and it may come undone by a crash. */
  clear(range: StorageRange): Promise<void>
  close(): Promise<void>
}

/** `null` deletes. */
export interface StorageOperation {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  /** The value stands behind `VALUE_ROOM` bytes that the storage may use for itself, and need not be copied for that. */
  readonly hasRoom?: boolean
}

export const VALUE_ROOM = 4

export interface StorageRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
  readonly reverse?: boolean
}

export interface StorageRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}
