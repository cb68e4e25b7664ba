import { crc32c } from '@node-rs/crc32'
import { asBuffer } from './bytes.ts'
import { murmur3 } from './murmur3.ts'

/** Up to this length two native calls cost more than they save (DECISIONS 86). */
const SHORT_BYTES = 256

/**
 * 32-bit checksum, as a signed integer, of `first` from `start` on followed by `second`. Up to 256 bytes: MurmurHash3, with the hash of
 * `first` as the seed for `second`. Longer: CRC-32C. Both detect every change confined to four bytes aligned to a multiple of four.
 */
export function checksum(first: Uint8Array, second: Uint8Array, start = 0): number {
  if (first.length - start + second.length > SHORT_BYTES) return crc32c(asBuffer(second), crc32c(asBuffer(first).subarray(start))) | 0
  return murmur3(second, murmur3(first, 0, start))
}
