import { mixed } from '../murmur3.ts'

const FIRST_CAPACITY = 65_536
/** Layers grow quickly, because every layer is probed and adds its false positives. */
const GROWTH = 4
/** With five probes per key, about one key in a hundred is a false positive. */
const BITS_PER_KEY = 10
const PROBES = 5
/** All bits of a key lie in one CPU cache line: 512 bits. */
const BLOCK_WORDS = 16
const BLOCK_BITS = 32 * BLOCK_WORDS

interface Layer {
  readonly bits: Int32Array
  readonly capacity: number
  count: number
}

/** A blocked Bloom filter that grows: remembers hashes of keys in ten bits each. There are false positives, but no false negatives. */
export class KeyFilter {
  readonly #layers: Layer[] = []

  add(hash: number): void {
    const layer = this.#layerWithRoom()
    const { bits } = layer
    const step = stepOf(hash)
    const block = blockOf(bits, hash)
    let isNew = false
    for (let probe = 0, at = step >>> 9; probe < PROBES; probe++, at += step) {
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
  for (let probe = 0, at = step >>> 9; probe < PROBES; probe++, at += step) {
    const word = block + ((at >>> 5) & (BLOCK_WORDS - 1))
    if (((bits[word] ?? 0) & (1 << (at & 31))) === 0) return false
  }
  return true
}

/** First word of the key's block. */
function blockOf(bits: Int32Array, hash: number): number {
  return (hash & (bits.length / BLOCK_WORDS - 1)) * BLOCK_WORDS
}

/** Odd, so that the probes of a key differ. */
function stepOf(hash: number): number {
  return (mixed(hash ^ 0x9e3779b9) & 0x3ffff) | 1
}

function layerFor(capacity: number): Layer {
  const blocks = 2 ** Math.ceil(Math.log2((capacity * BITS_PER_KEY) / BLOCK_BITS))
  return { bits: new Int32Array(blocks * BLOCK_WORDS), capacity, count: 0 }
}
