const LONGEST_BYTES = 4 << 10

/** Memory that is used again and again, for bytes that nobody needs for long. */
export class Scratch {
  readonly #memory = Buffer.allocUnsafeSlow(LONGEST_BYTES)
  readonly #words = new Int32Array(this.#memory.buffer)
  readonly #pieces: (Buffer | undefined)[] = Array.from({ length: LONGEST_BYTES + 1 })

  /** What it holds is of no meaning, and gone when the next one is taken. */
  take(length: number): Buffer {
    if (length > LONGEST_BYTES) return Buffer.allocUnsafe(length)
    return (this.#pieces[length] ??= this.#memory.subarray(0, length))
  }

  /** So many bytes that begin at that word: a copy in this memory, or themselves where they are too many for it. */
  lent(words: Int32Array, from: number, length: number): Buffer {
    if (length > LONGEST_BYTES) return Buffer.from(words.buffer, words.byteOffset + 4 * from, length)
    const count = (length + 3) >>> 2
    for (let index = 0; index < count; index++) this.#words[index] = words[from + index] ?? 0
    return this.take(length)
  }
}
