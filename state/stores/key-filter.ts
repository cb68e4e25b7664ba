const FIRST_CAPACITY = 8_192
/** With seven places a key, about one key in a hundred that was never added looks as if it had been. */
const BITS_PER_KEY = 10
const PLACES = 7

interface Layer {
  readonly bits: Uint32Array
  readonly capacity: number
  count: number
}

/** Remembers keys in ten bits each: whether one was added is answered by "perhaps" or by a certain no (a Bloom filter that grows). */
export class KeyFilter {
  readonly #layers: Layer[] = []
  #first = 0
  #step = 0

  add(key: Uint8Array): void {
    let layer = this.#layers.at(-1)
    if (layer === undefined || layer.count === layer.capacity) {
      layer = layerFor(layer === undefined ? FIRST_CAPACITY : 2 * layer.capacity)
      this.#layers.push(layer)
    }
    layer.count++
    this.#hash(key)
    const { bits } = layer
    const mask = bits.length * 32 - 1
    for (let place = 0, at = this.#first; place < PLACES; place++, at = (at + this.#step) | 0) {
      const bit = at & mask
      bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
    }
  }

  mayHold(key: Uint8Array): boolean {
    if (this.#layers.length === 0) return false
    this.#hash(key)
    return this.#layers.some(({ bits }) => this.#isIn(bits))
  }

  #isIn(bits: Uint32Array): boolean {
    const mask = bits.length * 32 - 1
    for (let place = 0, at = this.#first; place < PLACES; place++, at = (at + this.#step) | 0) {
      const bit = at & mask
      if (((bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false
    }
    return true
  }

  /** Two numbers that all places of a key follow from (FNV-1a, mixed as in MurmurHash3). */
  #hash(key: Uint8Array): void {
    let hash = 0x811c9dc5
    for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ (key[at] ?? 0), 0x01000193)
    this.#first = mixed(hash)
    this.#step = mixed(hash ^ 0x9e3779b9) | 1
  }
}

function layerFor(capacity: number): Layer {
  const words = 2 ** Math.ceil(Math.log2((capacity * BITS_PER_KEY) / 32))
  return { bits: new Uint32Array(words), capacity, count: 0 }
}

function mixed(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}
