import { crc32c } from '@node-rs/crc32'
import { asBuffer } from './bytes.ts'

/** Up to here a table in JavaScript is faster than two calls out of it. */
const SHORT_BYTES = 256
const POLYNOMIAL = 0x82f63b78
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0)
  return remainder
})

/** CRC-32C over the one and then the other, as an unsigned integer. */
export function checksum(first: Uint8Array, second: Uint8Array): number {
  if (first.length + second.length > SHORT_BYTES) return crc32c(asBuffer(second), crc32c(asBuffer(first)))
  return ~remainderOf(second, remainderOf(first, -1)) >>> 0
}

function remainderOf(bytes: Uint8Array, from: number): number {
  let remainder = from
  for (let at = 0; at < bytes.length; at++) remainder = (TABLE[(remainder ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (remainder >>> 8)
  return remainder
}
