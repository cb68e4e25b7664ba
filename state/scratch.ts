const LONGEST_BYTES = 4 << 10

/** Memory that is used again and again, for bytes that nobody needs for long. */
export class Scratch {
  readonly #memory = Buffer.allocUnsafeSlow(LONGEST_BYTES)
  readonly #pieces: (Buffer | undefined)[] = Array.from({ length: LONGEST_BYTES + 1 })

  /** What it holds is of no meaning, and gone when the next one is taken. */
  take(length: number): Buffer {
    if (length > LONGEST_BYTES) return Buffer.allocUnsafe(length)
    return (this.#pieces[length] ??= this.#memory.subarray(0, length))
  }
}
