import { CRASH_POINTS, type CrashPlan, type CrashPoint } from '../processes/crash-points.ts'
import type { Dice } from './dice.ts'

/** Points that are passed once or a few times in a life; the others come many times a second. */
const FEW_PASSINGS: Partial<Record<CrashPoint, number>> = {
  'after-fencing': 8,
  'after-reading-offset': 8,
  'mid-restore': 4,
  'in-rebalance': 1,
  'in-promotion': 1,
}
const MOST_PASSINGS = 40

/** Deals out crash points: each once, in any order, before one comes again. */
export class CrashDeck {
  readonly #dice: Dice
  #left: CrashPoint[] = []

  constructor(dice: Dice) {
    this.#dice = dice
  }

  next(): CrashPlan {
    if (this.#left.length === 0) this.#left = [...CRASH_POINTS]
    const [point = CRASH_POINTS[0]] = this.#left.splice(this.#dice.below(this.#left.length), 1)
    return { point, passing: 1 + this.#dice.below(FEW_PASSINGS[point] ?? MOST_PASSINGS) }
  }
}
