import { NO_BYTES } from '../bytes.ts'
import { Scratch } from '../scratch.ts'
import { Arena } from './arena.ts'
import type { RowValues } from './row-values.ts'
import { Structures } from './structures.ts'

export interface StoredValue {
  readonly bytes: Uint8Array
  readonly timestamp: number
}

const NOTHING = -1
/** The longest values that are copied: what they take beside their bytes is most of it. What is copied and dropped stays until all goes. */
const SHORT_BYTES = 128
/** In the piece of a short one, in words, behind its timestamp. */
const LENGTH = 2
const BYTES = 3

const lentBytes = new Scratch()
const lent: { bytes: Uint8Array; timestamp: number } = { bytes: NO_BYTES, timestamp: 0 }

/** Values of bytes, with timestamps; of short ones the collector sees nothing. Their places are even numbers, those of long ones are odd. */
export class StoredValues implements RowValues<StoredValue | undefined> {
  readonly #short = new Arena()
  readonly #long = new Structures<StoredValue>(({ bytes }) => 96 + bytes.length)

  get sizeInBytes(): number {
    return this.#short.sizeInBytes + this.#long.sizeInBytes
  }

  add(value: StoredValue | undefined): number {
    if (value === undefined) return NOTHING
    const { bytes, timestamp } = value
    if (bytes.length > SHORT_BYTES) return 2 * this.#long.add(value) + 1
    const at = this.#short.take(4 * BYTES + bytes.length)
    this.#short.setDouble(at, timestamp)
    this.#short.setWord(at + LENGTH, bytes.length)
    this.#short.setBytes(at + BYTES, bytes)
    return 2 * at
  }

  get(place: number): StoredValue | undefined {
    if (place === NOTHING) return undefined
    if (isLong(place)) return this.#long.get(place >>> 1)
    const at = place >>> 1
    return { bytes: this.#short.view(at + BYTES, this.#short.word(at + LENGTH)), timestamp: this.#short.double(at) }
  }

  lend(place: number): StoredValue | undefined {
    if (place === NOTHING || isLong(place)) return this.get(place)
    const at = place >>> 1
    lent.bytes = this.#short.lend(lentBytes, at + BYTES, this.#short.word(at + LENGTH))
    lent.timestamp = this.#short.double(at)
    return lent
  }

  drop(place: number): void {
    if (place !== NOTHING && isLong(place)) this.#long.drop(place >>> 1)
  }
}

function isLong(place: number): boolean {
  return (place & 1) === 1
}
