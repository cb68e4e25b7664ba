import { describe, expect, it } from 'vitest'
import { CRASH_POINTS } from '../processes/crash-points.ts'
import { CrashDeck } from './crash-deck.ts'
import { Dice } from './dice.ts'

const dealt = (deck: CrashDeck): readonly string[] => CRASH_POINTS.map(() => deck.next().point)

describe('A deck of crash points', () => {
  it('deals each point once before any point again, in another order each time', () => {
    const deck = new CrashDeck(new Dice(1))
    const [first, second] = [dealt(deck), dealt(deck)]
    for (const round of [first, second]) expect(round.toSorted()).toEqual(CRASH_POINTS.toSorted())
    expect(second).not.toEqual(first)
  })

  it('deals the same points for the same seed', () => {
    expect(dealt(new CrashDeck(new Dice(7)))).toEqual(dealt(new CrashDeck(new Dice(7))))
  })
})
