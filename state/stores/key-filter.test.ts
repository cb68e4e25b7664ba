import { describe, expect, it } from 'vitest'
import { KeyFilter } from './key-filter.ts'
import { hashOf } from './key-hash.ts'

const KEYS = 200_000
const key = (number: number): number => hashOf(Buffer.from(`key-${number}`))

describe('The key filter', () => {
  it('has no false negatives, however many keys were added', () => {
    const filter = new KeyFilter()
    for (let number = 0; number < KEYS; number++) filter.add(key(number))
    for (let number = 0; number < KEYS; number++)
      if (!filter.mayHold(key(number))) throw new Error(`key ${number} was added, but the filter denies it`)
  })

  it('has few false positives', () => {
    const filter = new KeyFilter()
    for (let number = 0; number < KEYS; number++) filter.add(key(number))
    let falsePositives = 0
    for (let number = KEYS; number < 2 * KEYS; number++) if (filter.mayHold(key(number))) falsePositives++
    expect(falsePositives / KEYS).toBeLessThan(0.03)
  })

  it('denies every key while it is empty', () => {
    const filter = new KeyFilter()
    expect([filter.mayHold(key(1)), filter.mayHold(hashOf(Buffer.alloc(0)))]).toEqual([false, false])
  })
})
