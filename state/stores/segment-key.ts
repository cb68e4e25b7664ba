import { asBuffer } from '../bytes.ts'

/** Segment numbers as bytes that sort like the numbers: 8 bytes big-endian with the sign bit flipped. */
export function segmentBytes(segment: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(segment))
  bytes[0] = (bytes[0] ?? 0) ^ 0x80
  return bytes
}

export function readSegment(bytes: Uint8Array, at: number): number {
  const copy = Buffer.from(asBuffer(bytes).subarray(at, at + 8))
  copy[0] = (copy[0] ?? 0) ^ 0x80
  return Number(copy.readBigInt64BE(0))
}

/** The key of one block of rows: all rows of one record key in one segment. */
export function blockKey(segment: number, key: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(8 + key.length)
  segmentBytes(segment).copy(bytes)
  bytes.set(key, 8)
  return bytes
}
