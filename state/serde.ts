/**
 * Turns values into bytes and back. Neither the serde nor the caller may change the bytes that `serialize` returned.
 * `deserialize` gets a read-only view of memory that does not change later.
 */
export interface Serde<T> {
  /**
   * Names the format of the bytes, e.g. `long` or `avro:Account`; serdes that read each other's bytes have the same one. A store that holds another
   * format than its serde's is refused instead of misread (DECISIONS 112). Default undefined: not compared.
   */
  readonly format?: string | undefined
  serialize(value: T): Uint8Array
  deserialize(bytes: Uint8Array): T
}
