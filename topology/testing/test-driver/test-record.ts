import type { Header } from '../../broker/index.ts'

/** A record as a test sees it. */
export interface TestRecord<K, V> {
  readonly key: K | null
  readonly value: V | null
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers: readonly Header[]
  readonly partition: number
}
