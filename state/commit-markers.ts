import { asBuffer, NO_BYTES } from './bytes.ts'
import { StateCorruptedError } from './errors.ts'
import type { OrderedStorage, StorageBatch } from './ordered-storage.ts'

/** A lost commit is missed among so many latest ones; an older one has left the marker that it was to take out. */
const KEPT = 512

/**
 * A numbered row in each batch that is written. LevelDB can lose a batch from a damaged log without an error; then the
 * markers have a gap.
 */
export class CommitMarkers {
  readonly #prefix: Uint8Array
  #last: number

  private constructor(prefix: Uint8Array, last: number) {
    this.#prefix = prefix
    this.#last = last
  }

  /** Reads the markers below the prefix. `last` is the number that the newest batch is known to have had. */
  static async open(storage: OrderedStorage, prefix: Uint8Array, last: number): Promise<CommitMarkers> {
    const numbers: number[] = []
    const range = { gte: Buffer.concat([prefix, Buffer.alloc(8)]), lt: Buffer.concat([prefix, Buffer.alloc(8, 0xff)]) }
    for await (const { key } of storage.scan(range)) numbers.push(asBuffer(key).readDoubleBE(prefix.length))
    const first = numbers[0] ?? 0
    const contiguous = numbers.every((number, at) => number === first + at)
    if (!contiguous || (numbers.at(-1) ?? 0) !== last || (first > 1 && numbers.length < KEPT)) {
      throw new StateCorruptedError('The storage lost a commit: its markers are not contiguous.')
    }
    return new CommitMarkers(prefix, last)
  }

  get last(): number {
    return this.#last
  }

  /** Adds the next marker to a batch and takes out the one that is old enough. */
  mark(batch: StorageBatch): number {
    this.#last++
    batch.put(keyOf(this.#last), NO_BYTES, this.#prefix)
    if (this.#last > KEPT) batch.delete(keyOf(this.#last - KEPT), this.#prefix)
    return this.#last
  }
}

function keyOf(number: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeDoubleBE(number)
  return key
}
