import { asBuffer, NO_BYTES } from './bytes.ts'
import { StateCorruptedError } from './errors.ts'
import type { OrderedStorage, StorageBatch } from './ordered-storage.ts'

/**
 * A lost commit is missed among so many latest ones; an older one has left the marker that it was to take out. The first commit brings
 * what the next ones take out.
 */
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
    for await (const { key } of storage.scan(range)) numbers.push(asBuffer(key).readDoubleBE(prefix.length) - KEPT)
    const isWhole = numbers.length === (last === 0 ? 0 : KEPT) && numbers.every((number, at) => number === last - KEPT + 1 + at)
    if (!isWhole) throw new StateCorruptedError('The storage lost a commit: its markers are not contiguous.')
    return new CommitMarkers(prefix, last)
  }

  /** Adds the next marker to a batch and takes out the one that is old enough. */
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

/** Its bytes have the order of the numbers, from the first of all on. */
function keyOf(number: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeDoubleBE(number + KEPT)
  return key
}
