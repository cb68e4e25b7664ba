import { GatheredBatch, MemoryStorage } from '../../../state/index.ts'
import type { OrderedStorage, StorageOperation } from '../../../state/index.ts'
import type { Timers } from '../../ports.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Probabilities, from 0 to 1, of what a crash does to a disk. */
export interface DiskFaults {
  /** The write in flight reaches the disk. */
  readonly lastWriteSurvives: number
  /** One of the latest writes is missing although later ones are present. */
  readonly lostWrite: number
}

const WRITE_MAX_MS = 2
/** How many of the latest writes a crash can lose. */
const LATEST = 8

/** One task's directory on a simulated machine: writes take time, and a crash may undo one of them. */
export class SimulatedDisk {
  readonly #random: SeededRandom
  #base: (readonly StorageOperation[])[] = []
  #latest: (readonly StorageOperation[])[] = []
  #inFlight: readonly StorageOperation[] | undefined

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** The storage as a newly started process reads it. */
  async open(timers: Timers): Promise<OrderedStorage> {
    const memory = new MemoryStorage()
    for (const operations of [...this.#base, ...this.#latest]) memory.apply(operations)
    return {
      get: (key) => memory.get(key),
      batch: () =>
        new GatheredBatch(async (operations) => {
          this.#inFlight = operations
          await timers.sleep(this.#random.next() * WRITE_MAX_MS)
          this.#inFlight = undefined
          this.#latest.push(operations)
          if (this.#latest.length > LATEST) this.#base.push(...this.#latest.splice(0, 1))
          memory.apply(operations)
        }),
      scan: (range) => memory.scan(range),
      clear: (range) => memory.clear(range),
      close: () => memory.close(),
    }
  }

  /** `remainder` returns what is left of a lost write; a mutation uses it to hide the loss. */
  crash(faults: DiskFaults, remainder: (lost: readonly StorageOperation[]) => StorageOperation[]): void {
    if (this.#inFlight !== undefined && this.#random.chance(faults.lastWriteSurvives)) this.#latest.push(this.#inFlight)
    this.#inFlight = undefined
    if (this.#latest.length < 2 || !this.#random.chance(faults.lostWrite)) return
    const at = this.#random.integer(0, this.#latest.length - 2)
    const lost = this.#latest[at]
    if (lost !== undefined) this.#latest[at] = remainder(lost)
  }

  wipe(): void {
    this.#base = []
    this.#latest = []
  }
}
