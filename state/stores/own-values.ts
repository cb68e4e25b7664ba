import { copyOf } from '../bytes.ts'
import type { Serde } from '../serde.ts'

/**
 * The value in a row. Never the store's own bytes: a reader may change a value that it was given (an aggregator does so in place), and the row must
 * not change with it.
 */
export function ownValue<V>(serde: Serde<V>, bytes: Uint8Array): V {
  const value = serde.deserialize(bytes)
  return value === (bytes as unknown) ? (copyOf(bytes) as V) : value
}
