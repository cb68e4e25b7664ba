import { mixed } from '../murmur3.ts'

const FIRST_CAPACITY = 65_536
/** Each layer has to be asked, and adds its errors. */
const GROWTH = 4
/** With five places a key, about one key in a hundred that was never added looks as if it had been. */
const BITS_PER_KEY = 10
const PLACES = 5
/** The places of a key lie in one line of the processor's cache: 512 bits. */
const BLOCK_WORDS = 16
const BLOCK_BITS = 32 * BLOCK_WORDS

interface Layer {
  readonly bits: Int32Array
  readonly capacity: number
  count: number
}

/** Remembers keys by their hashes, in ten bits each: whether one was added is answered by "perhaps" or by a certain no (a blocked Bloom filter that grows). */
export class KeyFilter {
  readonly #layers: Layer[] = []

  add(hash: number): void {
    const layer = this.#layerWithRoom()
    const { bits } = layer
    const step = stepOf(hash)
    const block = blockOf(bits, hash)
    let isNew = false
    for (let place = 0, at = step >>> 9; place < PLACES; place++, at += step) {
      const word = block + ((at >>> 5) & (BLOCK_WORDS - 1))
      const before = bits[word] ?? 0
      const after = before | (1 << (at & 31))
      bits[word] = after
      isNew ||= before !== after
    }
    if (isNew) layer.count++
  }

  mayHold(hash: number): boolean {
    const step = stepOf(hash)
    for (const { bits } of this.#layers) if (isIn(bits, hash, step)) return true
    return false
  }

  #layerWithRoom(): Layer {
    const newest = this.#layers.at(-1)
    if (newest !== undefined && newest.count < newest.capacity) return newest
    const layer = layerFor(newest === undefined ? FIRST_CAPACITY : GROWTH * newest.capacity)
    this.#layers.push(layer)
    return layer
  }
}

function isIn(bits: Int32Array, hash: number, step: number): boolean {
  const block = blockOf(bits, hash)
  for (let place = 0, at = step >>> 9; place < PLACES; place++, at += step) {
    const word = block + ((at >>> 5) & (BLOCK_WORDS - 1))
    if (((bits[word] ?? 0) & (1 << (at & 31))) === 0) return false
  }
  return true
}

/** First word of the block that the places of a key lie in. */
function blockOf(bits: Int32Array, hash: number): number {
  return (hash & (bits.length / BLOCK_WORDS - 1)) * BLOCK_WORDS
}

/** Odd, so that the places differ. */
function stepOf(hash: number): number {
  return (mixed(hash ^ 0x9e3779b9) & 0x3ffff) | 1
}

function layerFor(capacity: number): Layer {
  const blocks = 2 ** Math.ceil(Math.log2((capacity * BITS_PER_KEY) / BLOCK_BITS))
  return { bits: new Int32Array(blocks * BLOCK_WORDS), capacity, count: 0 }
}
