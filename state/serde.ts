/** Turns values into bytes and back. `deserialize` gets a view it must not keep. */
export interface Serde<T> {
  serialize(value: T): Uint8Array
  deserialize(bytes: Uint8Array): T
}
