import { crc32c } from '@node-rs/crc32'
import { asBuffer } from './bytes.ts'

/** Up to here tables in JavaScript are faster than two calls out of it. */
const SHORT_BYTES = 256
const POLYNOMIAL = 0x82f63b78
/** What a byte leaves when so many others come behind it: four of them are reckoned in one step. */
const [LAST, THIRD, SECOND, FIRST] = tables()

/** CRC-32C over the one, from a place on, and then the other, as an unsigned integer. */
export function checksum(first: Uint8Array, second: Uint8Array, start = 0): number {
  if (first.length + second.length > SHORT_BYTES) return crc32c(asBuffer(second), crc32c(asBuffer(first).subarray(start)))
  return ~remainderOf(second, remainderOf(first, -1, start), 0) >>> 0
}

function remainderOf(bytes: Uint8Array, from: number, start: number): number {
  const { length } = bytes
  let remainder = from
  let at = start
  for (; at + 4 <= length; at += 4) {
    remainder ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    remainder =
      (FIRST[remainder & 0xff] ?? 0) ^
      (SECOND[(remainder >>> 8) & 0xff] ?? 0) ^
      (THIRD[(remainder >>> 16) & 0xff] ?? 0) ^
      (LAST[remainder >>> 24] ?? 0)
  }
  for (; at < length; at++) remainder = (LAST[(remainder ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (remainder >>> 8)
  return remainder
}

function tables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const last = Int32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0)
    return remainder
  })
  const before = (table: Int32Array): Int32Array => table.map((remainder) => (last[remainder & 0xff] ?? 0) ^ (remainder >>> 8))
  const third = before(last)
  const second = before(third)
  return [last, third, second, before(second)]
}
