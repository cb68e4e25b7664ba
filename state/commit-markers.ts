import { asBuffer, NO_BYTES } from './bytes.ts'
import { StateCorruptedError } from './errors.ts'
import type { OrderedStorage, StorageBatch } from './ordered-storage.ts'

/** Markers in the storage at any time after the first commit, which writes all of them (DECISIONS 96). */
const KEPT = 512

/**
 * One numbered row per batch: each batch adds the next marker and deletes the oldest. LevelDB can lose a batch from a damaged log
 * without an error. Then the lost batch's marker is missing, or the marker that it should have deleted is still there.
 */
export class CommitMarkers {
  readonly #prefix: Uint8Array
  #last: number

  private constructor(prefix: Uint8Array, last: number) {
    this.#prefix = prefix
    this.#last = last
  }

  /** Reads the markers under the prefix. `last` is the number of the newest batch according to the head row. Throws `StateCorruptedError`. */
  static async open(storage: OrderedStorage, prefix: Uint8Array, last: number): Promise<CommitMarkers> {
    const numbers: number[] = []
    const range = { gte: Buffer.concat([prefix, Buffer.alloc(8)]), lt: Buffer.concat([prefix, Buffer.alloc(8, 0xff)]) }
    for await (const { key } of storage.scan(range)) numbers.push(asBuffer(key).readDoubleBE(prefix.length) - KEPT)
    const isWhole = numbers.length === (last === 0 ? 0 : KEPT) && numbers.every((number, at) => number === last - KEPT + 1 + at)
    if (!isWhole) {
      throw new StateCorruptedError(
        `The storage lost a commit: its markers do not run up to ${last} without a gap. Restore the state from its changelogs.`,
      )
    }
    return new CommitMarkers(prefix, last)
  }

  /** Adds the next marker to the batch, deletes the oldest and returns the new number. */
  mark(batch: StorageBatch): number {
    if (this.#last === 0) for (let number = 2 - KEPT; number <= 0; number++) this.#put(batch, number)
    else batch.delete(keyOf(this.#last + 1 - KEPT), this.#prefix)
    this.#last++
    this.#put(batch, this.#last)
    return this.#last
  }

  #put(batch: StorageBatch, number: number): void {
    batch.put(keyOf(number), NO_BYTES, this.#prefix)
  }
}

/** Positive doubles sort by their bytes, so the offset by `KEPT` keeps the order. */
function keyOf(number: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeDoubleBE(number + KEPT)
  return key
}
