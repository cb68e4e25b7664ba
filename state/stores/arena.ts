import { copyInto } from '../bytes.ts'
import type { Scratch } from '../scratch.ts'

/** The front bits of an address are its chunk's number, so many behind them its word in there. */
const WORD_BITS = 14
const CHUNK_WORDS = 1 << WORD_BITS
const FIRST_WORDS = 64

interface Chunk {
  readonly memory: ArrayBuffer
  readonly bytes: Uint8Array
  readonly words: Int32Array
}

const double = new Float64Array(1)
const doubleWords = new Int32Array(double.buffer)

/**
 * Memory for many small pieces, which the collector does not see. A piece is known by its address, in words of 4 bytes; it is never given
 * back, so that views of what is not written again stay right. All memory goes at once, with the arena.
 */
export class Arena {
  readonly #chunks: Chunk[] = []
  /** Of the next chunk: small ones first, since many stores hold next to nothing. */
  #chunkWords = FIRST_WORDS
  /** Where the next piece begins, and where the last chunk ends. */
  #next = 0
  #end = 0
  #words = 0

  get sizeInBytes(): number {
    return 4 * this.#words
  }

  /** The address of a new piece. What it holds is of no meaning. */
  take(bytes: number): number {
    const words = (bytes + 3) >>> 2
    if (this.#next + words > this.#end) this.#addChunk(words)
    const at = this.#next
    this.#next += words
    this.#words += words
    return at
  }

  word(at: number): number {
    return this.#chunk(at).words[wordOf(at)] ?? 0
  }

  setWord(at: number, value: number): void {
    this.#chunk(at).words[wordOf(at)] = value
  }

  /** Two words. */
  double(at: number): number {
    const { words } = this.#chunk(at)
    const from = wordOf(at)
    doubleWords[0] = words[from] ?? 0
    doubleWords[1] = words[from + 1] ?? 0
    return double[0] ?? 0
  }

  setDouble(at: number, value: number): void {
    const { words } = this.#chunk(at)
    const from = wordOf(at)
    double[0] = value
    words[from] = doubleWords[0] ?? 0
    words[from + 1] = doubleWords[1] ?? 0
  }

  /** So many of the bytes that begin here and there are the same, `most` or fewer. */
  sharedLength(here: number, there: number, most: number): number {
    const some = this.#chunk(here).bytes
    const others = this.#chunk(there).bytes
    const [from, otherFrom] = [4 * wordOf(here), 4 * wordOf(there)]
    let length = 0
    while (length < most && some[from + length] === others[otherFrom + length]) length++
    return length
  }

  /** Four of the bytes that begin there, as a number without a sign; what lies behind their end counts as 0. */
  bigEndian(at: number, first: number, end: number): number {
    const { bytes } = this.#chunk(at)
    const from = 4 * wordOf(at)
    let number = 0
    for (let index = first; index < first + 4; index++) number = (number << 8) | (index < end ? (bytes[from + index] ?? 0) : 0)
    return number >>> 0
  }

  setBytes(at: number, bytes: Uint8Array): void {
    copyInto(this.#chunk(at).bytes, bytes, 4 * wordOf(at))
  }

  isSame(at: number, bytes: Uint8Array): boolean {
    const own = this.#chunk(at).bytes
    const from = 4 * wordOf(at)
    for (let index = 0; index < bytes.length; index++) if (own[from + index] !== bytes[index]) return false
    return true
  }

  /** As the scratch lends it: for a moment, and without a new view where it is short. */
  lend(scratch: Scratch, at: number, length: number): Uint8Array {
    return scratch.lent(this.#chunk(at).words, wordOf(at), length)
  }

  /** Half the price of a `Buffer`. */
  view(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#chunk(at).memory, 4 * wordOf(at), length)
  }

  #chunk(at: number): Chunk {
    return this.#chunks[at >>> WORD_BITS] as Chunk
  }

  /** A piece that is larger than any chunk is one of its own. */
  #addChunk(words: number): void {
    const size = Math.max(words, this.#chunkWords)
    this.#chunkWords = Math.min(CHUNK_WORDS, 2 * this.#chunkWords)
    this.#next = this.#chunks.length << WORD_BITS
    this.#end = this.#next + size
    const memory = new ArrayBuffer(4 * size)
    this.#chunks.push({ memory, bytes: new Uint8Array(memory), words: new Int32Array(memory) })
  }
}

function wordOf(at: number): number {
  return at & (CHUNK_WORDS - 1)
}
