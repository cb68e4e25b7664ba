const LONGEST_BYTES = 4 << 10

/** Reused memory for short-lived bytes: each `take` or `lent` invalidates the one before. */
export class Scratch {
  readonly #memory = Buffer.allocUnsafeSlow(LONGEST_BYTES)
  readonly #words = new Int32Array(this.#memory.buffer)
  readonly #pieces: (Buffer | undefined)[] = Array.from({ length: LONGEST_BYTES + 1 })

  /** Uninitialized bytes, valid until the next call. */
  take(length: number): Buffer {
    if (length > LONGEST_BYTES) return Buffer.allocUnsafe(length)
    return (this.#pieces[length] ??= this.#memory.subarray(0, length))
  }

  /** `length` bytes that start at word `from`: a copy in this memory, or a view of the original if they do not fit. */
  lent(words: Int32Array, from: number, length: number): Buffer {
    if (length > LONGEST_BYTES) return Buffer.from(words.buffer, words.byteOffset + 4 * from, length)
    const count = (length + 3) >>> 2
    for (let index = 0; index < count; index++) this.#words[index] = words[from + index] ?? 0
    return this.take(length)
  }
}
