import { copyInto } from '../bytes.ts'
import type { Scratch } from '../scratch.ts'

/** An address is a chunk's number, followed by this many bits for the word within the chunk. */
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
 * Memory for many small pieces, which the garbage collector does not trace (DECISIONS 89). A piece is known by its address, in words of 4
 * bytes. Pieces are never freed one by one, so views of pieces that are not overwritten stay valid; all memory goes with the arena.
 */
export class Arena {
  readonly #chunks: Chunk[] = []
  /** Size of the next chunk. It starts small, because many stores hold few rows. */
  #chunkWords = FIRST_WORDS
  /** Address of the next piece, and the end of the last chunk. */
  #next = 0
  #end = 0
  #words = 0

  get sizeInBytes(): number {
    return 4 * this.#words
  }

  /** Allocates a piece and returns its address; its bytes are uninitialized. */
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

  /** A double takes two words. */
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

  /** Length of the common prefix of the pieces at `left` and `right`, `max` at most. */
  commonPrefixLength(left: number, right: number, max: number): number {
    const leftBytes = this.#chunk(left).bytes
    const rightBytes = this.#chunk(right).bytes
    const [leftFrom, rightFrom] = [4 * wordOf(left), 4 * wordOf(right)]
    let length = 0
    while (length < max && leftBytes[leftFrom + length] === rightBytes[rightFrom + length]) length++
    return length
  }

  /** The four bytes of the piece from index `first` on, as an unsigned number; bytes from `end` on count as 0. */
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

  equals(at: number, bytes: Uint8Array): boolean {
    const own = this.#chunk(at).bytes
    const from = 4 * wordOf(at)
    for (let index = 0; index < bytes.length; index++) if (own[from + index] !== bytes[index]) return false
    return true
  }

  /** The bytes as `Scratch.lent` returns them: valid until its next call, and without a new view if they are short. */
  lend(scratch: Scratch, at: number, length: number): Uint8Array {
    return scratch.lent(this.#chunk(at).words, wordOf(at), length)
  }

  /** A `Uint8Array`, because it costs half as much as a `Buffer`. */
  view(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#chunk(at).memory, 4 * wordOf(at), length)
  }

  #chunk(at: number): Chunk {
    return this.#chunks[at >>> WORD_BITS] as Chunk
  }

  /** A piece larger than a chunk gets a chunk of its own. */
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
