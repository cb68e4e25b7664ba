import type { Serde } from './serde.ts'

/** A description of a store, as data: part of the topology, opened by each task. Build one with `Stores`. */
export type StoreSpec = KeyValueStoreSpec | WindowStoreSpec | VersionedStoreSpec | TimeOrderedBufferSpec

/** How a batch of records is compressed, by Kafka's names. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

interface CommonSpec {
  /** Unique in the topology; part of the changelog topic's name: letters, digits, `.`, `_`, `-`. */
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** false: the rows are in memory only and are restored from the changelog after a restart (DECISIONS 37). */
  readonly persistent: boolean
  /** false: no changelog topic, so lost rows cannot be restored. `config` is the topic's configuration; without `compression` the application's applies. */
  readonly changelog: false | { readonly config: Readonly<Record<string, string>>; readonly compression?: Compression }
}

export interface KeyValueStoreSpec extends CommonSpec {
  readonly kind: 'keyValue'
  /** Keeps a timestamp with each value, as all stores of DSL tables do. */
  readonly timestamped: boolean
}

export interface WindowStoreSpec extends CommonSpec {
  readonly kind: 'window'
  readonly windowSizeMs: number
  readonly retentionMs: number
  readonly retainDuplicates: boolean
  /** A row whose start is exactly at the edge of the retention is still shown, as in Kafka's store for `emit on window close`. */
  readonly keepsEdge?: boolean
}

export interface VersionedStoreSpec extends CommonSpec {
  readonly kind: 'versioned'
  readonly historyMs: number
}

export interface TimeOrderedBufferSpec extends CommonSpec {
  readonly kind: 'timeOrdered'
  readonly retainDuplicates: boolean
}
