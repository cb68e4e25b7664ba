import { describe, expect, it } from 'vitest'
import { KeyFilter } from './key-filter.ts'
import { hashOf } from './key-hash.ts'

const KEYS = 200_000
const key = (number: number): number => hashOf(Buffer.from(`key-${number}`))

describe('The key filter', () => {
  it('never denies a key that was added, however many there are', () => {
    const filter = new KeyFilter()
    for (let number = 0; number < KEYS; number++) filter.add(key(number))
    for (let number = 0; number < KEYS; number++) if (!filter.mayHold(key(number))) throw new Error(`key ${number} is denied`)
  })

  it('denies nearly all others', () => {
    const filter = new KeyFilter()
    for (let number = 0; number < KEYS; number++) filter.add(key(number))
    let wrong = 0
    for (let number = KEYS; number < 2 * KEYS; number++) if (filter.mayHold(key(number))) wrong++
    expect(wrong / KEYS).toBeLessThan(0.03)
  })

  it('denies everything while nothing was added', () => {
    const filter = new KeyFilter()
    expect([filter.mayHold(key(1)), filter.mayHold(hashOf(Buffer.alloc(0)))]).toEqual([false, false])
  })
})
