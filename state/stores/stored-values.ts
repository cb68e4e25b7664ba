import { NO_BYTES } from '../bytes.ts'
import { Scratch } from '../scratch.ts'
import { Arena } from './arena.ts'
import { ObjectValues } from './object-values.ts'
import type { RowValues } from './row-values.ts'

export interface StoredValue {
  readonly bytes: Uint8Array
  readonly timestamp: number
}

const NOTHING = -1
/**
 * Values up to this length are copied into the arena, because most of a short value's memory is the object's overhead. An arena keeps
 * dropped values until it is freed itself.
 */
const SHORT_BYTES = 128
/** Layout of a short value, in words: the timestamp (two words), then these. */
const LENGTH = 2
const BYTES = 3

const lentBytes = new Scratch()
const lent: { bytes: Uint8Array; timestamp: number } = { bytes: NO_BYTES, timestamp: 0 }

/** Values as bytes with timestamps. Short ones lie in an arena and have even handles, long ones are objects and have odd handles. */
export class StoredValues implements RowValues<StoredValue | undefined> {
  readonly #short = new Arena()
  readonly #long = new ObjectValues<StoredValue>(({ bytes }) => 96 + bytes.length)

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

  get(handle: number): StoredValue | undefined {
    if (handle === NOTHING) return undefined
    if (isLong(handle)) return this.#long.get(handle >>> 1)
    const at = handle >>> 1
    return { bytes: this.#short.view(at + BYTES, this.#short.word(at + LENGTH)), timestamp: this.#short.double(at) }
  }

  lend(handle: number): StoredValue | undefined {
    if (handle === NOTHING || isLong(handle)) return this.get(handle)
    const at = handle >>> 1
    lent.bytes = this.#short.lend(lentBytes, at + BYTES, this.#short.word(at + LENGTH))
    lent.timestamp = this.#short.double(at)
    return lent
  }

  drop(handle: number): void {
    if (handle !== NOTHING && isLong(handle)) this.#long.drop(handle >>> 1)
  }
}

function isLong(handle: number): boolean {
  return (handle & 1) === 1
}
