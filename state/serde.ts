/**
 * Turns values into bytes and back. The bytes that `serialize` gives belong to whoever asked and must not change
 * afterwards, by either side; `deserialize` gets a view onto memory that stays as it is, to be read only.
 */
export interface Serde<T> {
  serialize(value: T): Uint8Array
  deserialize(bytes: Uint8Array): T
}
