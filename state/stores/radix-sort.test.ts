import { expect, it } from 'vitest'
import { sortByRank } from './radix-sort.ts'

it.each([0, 1, 2, 5_000])('sorts %i rows by all bits of their ranks, and keeps the order of equal ranks', (count) => {
  let random = 7
  const nextRandom = (): number => (random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0)
  const ranks = Uint32Array.from({ length: count }, (_, index) => (index % 3 === 0 ? 0xffff_fffe + (index % 2) : nextRandom()))
  const rows = Int32Array.from({ length: count }, (_, index) => 10 * index)
  const expected = [...rows].sort((a, b) => (ranks[a / 10] ?? 0) - (ranks[b / 10] ?? 0))
  sortByRank(rows, ranks)
  expect([...rows]).toEqual(expected)
})
