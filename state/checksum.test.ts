import { crc32c } from '@node-rs/crc32'
import { expect, it } from 'vitest'
import { checksum } from './checksum.ts'

it('is the CRC-32C of RFC 3720’s examples', () => {
  expect(checksum(Buffer.alloc(32), Buffer.alloc(0))).toBe(0x8a9136aa)
  expect(checksum(Buffer.alloc(16, 0xff), Buffer.alloc(16, 0xff))).toBe(0x62a8ab43)
})

it('is the same for short and long parts, wherever the bytes are cut in two', () => {
  const bytes = Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 7919) & 0xff))
  for (const length of [0, 1, 255, 256, 257, 600]) {
    const part = bytes.subarray(0, length)
    for (let cut = 0; cut <= length; cut++) expect(checksum(part.subarray(0, cut), part.subarray(cut))).toBe(crc32c(part))
  }
})
