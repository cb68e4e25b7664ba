import type { Compression } from '../../../../state/index.ts'

/**
 * How the records section of a batch is compressed. A codec loads its library at its first use, so that a process without compressed topics
 * loads none.
 */
export interface Codec {
  readonly name: Exclude<Compression, 'none'>
  /** Its number in the attributes of a batch. */
  readonly id: number
  compress(bytes: Uint8Array): Uint8Array
  /** Throws for damaged bytes and, before it allocates them, for more than `maxBytes` bytes. */
  decompress(bytes: Uint8Array, maxBytes: number): Buffer
  /** What must have resolved before the first `compress`; undefined: nothing. */
  prepare?(): Promise<void>
}

export function tooLarge(maxBytes: number): RangeError {
  return new RangeError(`decompressed, it has more than the ${maxBytes} bytes that a batch may have.`)
}
