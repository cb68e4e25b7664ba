/**
 * Turns values into bytes and back. Neither the serde nor the caller may change the bytes that `serialize` returned.
 * `deserialize` gets a read-only view of memory that does not change later.
 */
export interface Serde<T> {
  serialize(value: T): Uint8Array
  deserialize(bytes: Uint8Array): T
}
