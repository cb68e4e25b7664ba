/** What is less than this comes out of Node's own pool. */
const FEW_BYTES = 4 << 10
const CHUNK_BYTES = 64 << 10

/** Cuts many small pieces of memory out of few large ones: for rows on their way to the storage, which are let go of together. */
export class Slab {
  #chunk: ArrayBufferLike | undefined
  #used = 0
  #pooled = 0

  /** What it holds is of no meaning yet. */
  take(length: number): Uint8Array {
    if (this.#pooled < FEW_BYTES) {
      this.#pooled += length
      return Buffer.allocUnsafe(length)
    }
    if (this.#chunk === undefined || this.#used + length > CHUNK_BYTES) {
      if (length > CHUNK_BYTES / 8) return new Uint8Array(length)
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES).buffer
      this.#used = 0
    }
    const piece = new Uint8Array(this.#chunk, this.#used, length)
    this.#used += length
    return piece
  }
}
