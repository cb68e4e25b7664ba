/**
 * The stores a processor works on. All reads and writes inside `process()` are synchronous and see the writes of the
 * transaction under way; only scans over a whole store (`range`, `all`) are asynchronous.
 * `null` means "no value" on the way in (a deletion), `undefined` means "nothing there" on the way out.
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
  /** The timestamp is kept in timestamped stores and is the changelog record's timestamp; 0 where it has no meaning. */
  put(key: K, value: V | null, timestamp?: number): void
  delete(key: K): V | undefined
  /** Both ends included; ordered by the serialized key's bytes. `undefined` leaves an end open. */
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
 * Rows by key and window start. Expired: start ≤ largest start ever put − retention (Kafka's rule); expired rows are
 * neither stored nor shown. `lastStart` is that largest start, −1 before the first put; it survives a restart.
 */
export interface WindowStore<K, V> {
  readonly kind: 'window'
  readonly name: string
  readonly retentionMs: number
  readonly lastStart: number
  fetch(key: K, start: number): ValueAndTimestamp<V> | undefined
  /** Rows of the key with from ≤ start ≤ to, ascending by start, in order of their puts at the same start. */
  fetchRange(key: K, from: number, to: number): readonly WindowRow<K, V>[]
  /** Replaces the row of that start; with `retainDuplicates` adds one (a null then removes nothing). */
  put(key: K, value: V | null, start: number, timestamp: number): void
  /** Rows of all keys with from ≤ start ≤ to, ascending by start then key bytes. */
  fetchAll(from: number, to: number, options?: ScanOptions): AsyncIterable<WindowRow<K, V>>
}

export interface VersionedRecord<V> extends ValueAndTimestamp<V> {
  /** End of its validity, exclusive; undefined while it is the latest. */
  readonly validTo?: number
}

/** What became of a put: rejected as older than the history, or valid to that time (`'latest'`: it is the newest). */
export type VersionedPutResult = { readonly stored: false } | { readonly stored: true; readonly validTo: number | 'latest' }

/** Every value a key had within the history (Kafka's VersionedKeyValueStore, same rules for late puts). */
export interface VersionedKeyValueStore<K, V> {
  readonly kind: 'versioned'
  readonly name: string
  readonly historyMs: number
  put(key: K, value: V | null, timestamp: number): VersionedPutResult
  get(key: K): VersionedRecord<V> | undefined
  getAsOf(key: K, asOf: number): VersionedRecord<V> | undefined
  /** As a put of null; answers with what was valid at that time. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined
  /** Versions valid anywhere in from ≤ t ≤ to, newest first. */
  history(key: K, from: number, to: number): readonly VersionedRecord<V>[]
}

/**
 * Rows waiting for their time: (time, key) → value, kept in memory, ordered by time then key bytes, with a changelog.
 * Under outer joins, joins with grace, and suppress.
 */
export interface TimeOrderedBuffer<K, V> {
  readonly kind: 'timeOrdered'
  readonly name: string
  readonly size: number
  readonly sizeInBytes: number
  /** With the same time and key: replaces, or adds one where the spec says `retainDuplicates`. */
  put(time: number, key: K, value: V, timestamp: number): void
  get(time: number, key: K): V | undefined
  /** With `retainDuplicates`: all of that time and key. */
  delete(time: number, key: K): void
  first(): WindowRow<K, V> | undefined
  /** All rows in order; the row under way may be deleted meanwhile. */
  rows(): Iterable<WindowRow<K, V>>
  /** Removes and returns rows with time ≤ the bound, in order. */
  drain(time: number): readonly WindowRow<K, V>[]
}
