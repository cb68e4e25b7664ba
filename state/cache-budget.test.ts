import { describe, expect, it } from 'vitest'
import { CacheAccount, CacheBudget } from './cache-budget.ts'

const BYTES = 1_000

describe('A budget for cached rows', () => {
  it('lets one cache alone hold half of it, and then has older rows go when there are as many newer ones', () => {
    const alone = new CacheAccount(new CacheBudget(BYTES))
    expect([alone.hold(500, 0), alone.hold(501, 0), alone.hold(0, 501), alone.hold(500, 501), alone.hold(501, 501)]).toEqual([
      false,
      true,
      false,
      false,
      true,
    ])
  })

  it('has those make room who hold as much as the average, and leaves the others what is little', () => {
    const budget = new CacheBudget(BYTES)
    const [large, small, smallest] = [new CacheAccount(budget), new CacheAccount(budget), new CacheAccount(budget)]
    expect([large.hold(450, 0), small.hold(60, 0), smallest.hold(1, 0)]).toEqual([false, false, false])
    expect(large.hold(450, 0)).toBe(true)
    expect(small.hold(200, 0)).toBe(false)
    expect(small.hold(300, 0)).toBe(true)
  })

  it('counts neither who is closed nor who holds nothing', () => {
    const budget = new CacheBudget(BYTES)
    const [first, second, empty] = [new CacheAccount(budget), new CacheAccount(budget), new CacheAccount(budget)]
    expect([empty.hold(0, 0), empty.share]).toEqual([false, BYTES])
    first.hold(450, 0)
    second.hold(60, 0)
    expect(second.share).toBe(BYTES / 2)
    first.close()
    first.close()
    expect([second.hold(500, 0), second.share]).toEqual([false, BYTES])
  })
})
