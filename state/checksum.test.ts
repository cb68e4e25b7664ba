import { crc32c } from '@node-rs/crc32'
import { expect, it } from 'vitest'
import { checksum } from './checksum.ts'

const bytes = Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 7919) & 0xff))

it.each([0, 1, 7, 255, 256])('changes with every flipped bit of %i bytes, in either part', (length) => {
  const [first, second] = [Buffer.from(bytes.subarray(0, length >> 1)), Buffer.from(bytes.subarray(length >> 1, length))]
  const sum = checksum(first, second)
  for (const part of [first, second]) {
    for (let bit = 0; bit < 8 * part.length; bit++) {
      part[bit >> 3] = (part[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(checksum(first, second)).not.toBe(sum)
      part[bit >> 3] = (part[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    }
  }
  expect(checksum(first, second)).toBe(sum)
})

it('does not depend on the offset at which the first part starts', () => {
  for (const length of [0, 100, 255, 256, 257]) {
    const value = bytes.subarray(0, length)
    expect(checksum(Buffer.concat([Buffer.alloc(4, length), value]), Buffer.from('key'), 4)).toBe(checksum(value, Buffer.from('key')))
  }
})

it('is the CRC-32C of the concatenation when the parts are long', () => {
  for (const cut of [0, 1, 300, 600]) expect(checksum(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(crc32c(bytes) | 0)
})
