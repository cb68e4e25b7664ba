import { expect, it } from 'vitest'
import { sortByRank } from './radix-sort.ts'

it.each([0, 1, 2, 5_000])('sorts %i rows by every bit of their ranks, and leaves those of one rank as they were', (count) => {
  let random = 7
  const draw = (): number => (random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0)
  const ranks = Uint32Array.from({ length: count }, (_, index) => (index % 3 === 0 ? 0xffff_fffe + (index % 2) : draw()))
  const rows = Int32Array.from({ length: count }, (_, index) => 10 * index)
  const expected = [...rows].sort((one, other) => (ranks[one / 10] ?? 0) - (ranks[other / 10] ?? 0))
  sortByRank(rows, ranks)
  expect([...rows]).toEqual(expected)
})
