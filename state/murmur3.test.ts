import { expect, it } from 'vitest'
import { murmur3 } from './murmur3.ts'

it.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['a', 0x9747b28c, 0x7fa09ea6],
  ['aa', 0x9747b28c, 0x5d211726],
  ['aaa', 0x9747b28c, 0x283e0130],
  ['aaaa', 0x9747b28c, 0x5a97808a],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
])('MurmurHash3 of "%s" with seed %i', (text, seed, hash) => {
  expect(murmur3(Buffer.from(text), seed)).toBe(hash | 0)
  expect(murmur3(Buffer.from(`....${text}`), seed, 4)).toBe(hash | 0)
})
