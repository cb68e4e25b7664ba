import { GatheredBatch, MemoryStorage, type OrderedStorage, type StorageOperation } from '../../../state/index.ts'
import type { Timers } from '../../ports.ts'
import type { SeededRandom } from './seeded-random.ts'

/** What a crash does to a disk; probabilities from 0 to 1. */
export interface DiskFaults {
  /** The write under way is on the disk all the same. */
  readonly lastWriteSurvives: number
  /** One of the latest writes is missing, though later ones are there. */
  readonly lostWrite: number
}

const WRITE_MS = 2
const LATEST = 8

/** One task's directory on a simulated machine: writes take their time, and a crash may take one of them back. */
export class SimulatedDisk {
  readonly #random: SeededRandom
  #base: (readonly StorageOperation[])[] = []
  #latest: (readonly StorageOperation[])[] = []
  #underWay: readonly StorageOperation[] | undefined

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** The storage as a process that starts now finds it. */
  async open(timers: Timers): Promise<OrderedStorage> {
    const memory = new MemoryStorage()
    for (const operations of [...this.#base, ...this.#latest]) memory.apply(operations)
    return {
      get: (key) => memory.get(key),
      batch: () =>
        new GatheredBatch(async (operations) => {
          this.#underWay = operations
          await timers.sleep(this.#random.next() * WRITE_MS)
          this.#underWay = undefined
          this.#latest.push(operations)
          if (this.#latest.length > LATEST) this.#base.push(...this.#latest.splice(0, 1))
          memory.apply(operations)
        }),
      scan: (range) => memory.scan(range),
      clear: (range) => memory.clear(range),
      close: () => memory.close(),
    }
  }

  /** `hide` may make a lost write look as if nothing were missing. */
  crash(faults: DiskFaults, hide: (lost: readonly StorageOperation[]) => StorageOperation[]): void {
    if (this.#underWay !== undefined && this.#random.chance(faults.lastWriteSurvives)) this.#latest.push(this.#underWay)
    this.#underWay = undefined
    if (this.#latest.length < 2 || !this.#random.chance(faults.lostWrite)) return
    const at = this.#random.integer(0, this.#latest.length - 2)
    const lost = this.#latest[at]
    if (lost !== undefined) this.#latest[at] = hide(lost)
  }

  wipe(): void {
    this.#base = []
    this.#latest = []
  }
}
