/** What a store is to be, as data: drawn by the topology, opened by a task. */
import type { Serde } from './serde.ts'

export type StoreSpec = KeyValueStoreSpec | WindowStoreSpec | VersionedStoreSpec | TimeOrderedBufferSpec

interface CommonSpec {
  /** Unique in the topology; part of the changelog topic's name: letters, digits, `.`, `_`, `-`. */
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  /** In memory the rows are gone with the process and come back from the changelog. */
  readonly persistent: boolean
  /** false: no changelog topic; what is lost is lost. Settings go to the changelog topic. */
  readonly changelog: false | { readonly config: Readonly<Record<string, string>> }
}

export interface KeyValueStoreSpec extends CommonSpec {
  readonly kind: 'keyValue'
  /** Keeps a timestamp with each value (all stores under DSL tables). */
  readonly timestamped: boolean
}

export interface WindowStoreSpec extends CommonSpec {
  readonly kind: 'window'
  readonly windowSizeMs: number
  readonly retentionMs: number
  readonly retainDuplicates: boolean
  /** Kafka's store under `emit on window close` still shows a row whose start is exactly at the edge of the retention. */
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
