import { expect, it } from 'vitest'
import { murmur2, partitionOf } from './partitioner.ts'

it('murmur2 has the values of Kafka’s own tests', () => {
  const golden: readonly (readonly [string, number])[] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ]
  for (const [text, hash] of golden) expect([text, murmur2(Buffer.from(text))]).toEqual([text, hash])
})

it('partitions are never negative', () => {
  expect(partitionOf(Buffer.from('foobar'), 7)).toBe((-790332482 & 0x7fffffff) % 7)
})
