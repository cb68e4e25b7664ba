import { CRASH_POINTS, type CrashPlan, type CrashPoint } from '../processes/crash-points.ts'
import type { Dice } from './dice.ts'

/** Points that a process reaches only a few times, with the highest n-th time planned; the others are reached many times a second. */
const RARE_POINTS: Partial<Record<CrashPoint, number>> = {
  'after-fencing': 8,
  'after-reading-offset': 8,
  'mid-restore': 4,
  'in-rebalance': 1,
  'in-promotion': 1,
}
const MAX_PASSING = 40

/** Deals crash points like a deck of cards: each once, in random order, before any of them again. */
export class CrashDeck {
  readonly #dice: Dice
  #left: CrashPoint[] = []

  constructor(dice: Dice) {
    this.#dice = dice
  }

  next(): CrashPlan {
    if (this.#left.length === 0) this.#left = [...CRASH_POINTS]
    const [point = CRASH_POINTS[0]] = this.#left.splice(this.#dice.below(this.#left.length), 1)
    return { point, passing: 1 + this.#dice.below(RARE_POINTS[point] ?? MAX_PASSING) }
  }
}
