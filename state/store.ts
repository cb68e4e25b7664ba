/**
 * The stores a processor reads and writes. Reads and writes inside `process()` are synchronous and see the writes of the open
 * transaction; only scans (`range`, `all`, `prefixScan`, `fetchAll`) are asynchronous.
 * Putting `null` or `undefined` deletes; reading `undefined` means that there is no value. A timestamp is a whole number of milliseconds since the
 * epoch, 0 or greater: putting any other throws `RangeError`, or `TypeError` if it is no number.
 */
export type StateStore<K = unknown, V = unknown> =
  KeyValueStore<K, V> | WindowStore<K, V> | VersionedKeyValueStore<K, V> | TimeOrderedBuffer<K, V>

export interface ValueAndTimestamp<V> {
  readonly value: V
  /** Milliseconds since the epoch. */
  readonly timestamp: number
}

export interface KeyValueStore<K, V> {
  readonly kind: 'keyValue'
  readonly name: string
  get(key: K): V | undefined
  getWithTimestamp(key: K): ValueAndTimestamp<V> | undefined
  /** The timestamp is that of the changelog record, and is kept with the value in timestamped stores. Default 0. */
  put(key: K, value: V | null | undefined, timestamp?: number): void
  /** Returns the deleted value. */
  delete(key: K): V | undefined
  /** Both bounds inclusive, `undefined` for none; ordered by the serialized key's bytes. */
  range(from: K | undefined, to: K | undefined, options?: ScanOptions): AsyncIterable<KeyValueRow<K, V>>
  all(options?: ScanOptions): AsyncIterable<KeyValueRow<K, V>>
  /** Rows whose serialized key starts with these bytes. */
  prefixScan(prefix: Uint8Array, options?: ScanOptions): AsyncIterable<KeyValueRow<K, V>>
}

export interface ScanOptions {
  readonly reverse?: boolean
  readonly limit?: number
}

export interface KeyValueRow<K, V> {
  readonly key: K
  readonly value: V
  readonly timestamp: number
}

export interface WindowRow<K, V> extends KeyValueRow<K, V> {
  /** Start of the window (or timestamp of the record in a join's store). */
  readonly start: number
}

/**
 * Rows by key and window start. `lastStart` is the largest start ever put, −1 before the first put; it survives a restart. A row expires
 * when start ≤ lastStart − retention (Kafka's rule); expired rows are neither stored nor shown.
 */
export interface WindowStore<K, V> {
  readonly kind: 'window'
  readonly name: string
  readonly retentionMs: number
  readonly lastStart: number
  fetch(key: K, start: number): ValueAndTimestamp<V> | undefined
  /** Rows of the key with from ≤ start ≤ to, ascending by start, then in the order of their puts. */
  fetchRange(key: K, from: number, to: number): readonly WindowRow<K, V>[]
  /** Replaces the row of that start. With `retainDuplicates` it adds a row, and a null has no effect. */
  put(key: K, value: V | null | undefined, start: number, timestamp: number): void
  /** Rows of all keys with from ≤ start ≤ to, ascending by start then key bytes. */
  fetchAll(from: number, to: number, options?: ScanOptions): AsyncIterable<WindowRow<K, V>>
}

export interface VersionedRecord<V> extends ValueAndTimestamp<V> {
  /** End of its validity, exclusive; undefined while it is the latest. */
  readonly validTo?: number
}

/** Result of a put: rejected because it is older than the history, or stored and valid up to that time (`'latest'`: no later version). */
export type VersionedPutResult = { readonly stored: false } | { readonly stored: true; readonly validTo: number | 'latest' }

/** All values a key had within the history, with the rules of Kafka's VersionedKeyValueStore for late puts (KIP-889). */
export interface VersionedKeyValueStore<K, V> {
  readonly kind: 'versioned'
  readonly name: string
  readonly historyMs: number
  put(key: K, value: V | null | undefined, timestamp: number): VersionedPutResult
  get(key: K): VersionedRecord<V> | undefined
  getAsOf(key: K, asOf: number): VersionedRecord<V> | undefined
  /** Puts null and returns the version that was valid at that time. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined
  /** Versions valid anywhere in from ≤ t ≤ to, newest first. */
  history(key: K, from: number, to: number): readonly VersionedRecord<V>[]
}

/**
 * Rows held back until their time: (time, key) → value, all in memory, ordered by time then key bytes.
 * Used by outer joins, joins with grace, and suppress.
 */
export interface TimeOrderedBuffer<K, V> {
  readonly kind: 'timeOrdered'
  readonly name: string
  readonly size: number
  readonly sizeInBytes: number
  /** Replaces the row of that time and key. With `retainDuplicates` it adds a row. */
  put(time: number, key: K, value: V, timestamp: number): void
  get(time: number, key: K): V | undefined
  /** With `retainDuplicates`: deletes all rows of that time and key. */
  delete(time: number, key: K): void
  first(): WindowRow<K, V> | undefined
  /** All rows in order; the current row may be deleted during the iteration. */
  rows(): Iterable<WindowRow<K, V>>
  /** Removes and returns rows with time ≤ the bound, in order. */
  drain(time: number): readonly WindowRow<K, V>[]
}
