const FIRST_CHUNK_BYTES = 256
const LARGEST_CHUNK_BYTES = 64 << 10

/** Cuts many small pieces of memory out of few large ones: for rows on their way to the storage, which are let go of together. */
export class Slab {
  #chunk = new ArrayBuffer(FIRST_CHUNK_BYTES)
  #used = 0

  /** What it holds is of no meaning yet. */
  take(length: number): Uint8Array {
    if (this.#used + length > this.#chunk.byteLength) {
      if (length > LARGEST_CHUNK_BYTES / 8) return new Uint8Array(length)
      const size = Math.min(LARGEST_CHUNK_BYTES, Math.max(8 * length, 2 * this.#chunk.byteLength))
      this.#chunk = Buffer.allocUnsafeSlow(size).buffer
      this.#used = 0
    }
    const piece = new Uint8Array(this.#chunk, this.#used, length)
    this.#used += length
    return piece
  }
}
