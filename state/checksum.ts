import { crc32c } from '@node-rs/crc32'
import { asBuffer } from './bytes.ts'
import { murmur3 } from './murmur3.ts'

/** Up to here two calls out of JavaScript cost more than they save. */
const SHORT_BYTES = 256

/**
 * 32 bits over the one, from a place on, and then the other, as a signed integer: of few bytes MurmurHash3, whose seed for the second is the
 * hash of the first, of more CRC-32C. Either way no change within four bytes that begin at a multiple of four goes unnoticed.
 */
export function checksum(first: Uint8Array, second: Uint8Array, start = 0): number {
  if (first.length - start + second.length > SHORT_BYTES) return crc32c(asBuffer(second), crc32c(asBuffer(first).subarray(start))) | 0
  return murmur3(second, murmur3(first, 0, start))
}
