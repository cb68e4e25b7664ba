/** What talks at the address is not a Kafka broker, or not in this way. */
export class ForeignBytesError extends Error {
  /** What its first four bytes would mean as the size of a response. */
  readonly size: number

  constructor(size: number) {
    super(`what it sends is not Kafka’s protocol (a response of ${size} bytes)`)
    this.size = size
  }
}

/** Cuts the bytes of a connection into Kafka's frames: four bytes of size, then as many bytes. */
export class Frames {
  readonly #largest: number
  readonly #onFrame: (frame: Buffer) => void
  readonly #size = Buffer.alloc(SIZE_BYTES)
  #sizeBytes = 0
  #frame: Buffer | undefined
  #filled = 0

  /** A frame of more than `largest` bytes is none. */
  constructor(largest: number, onFrame: (frame: Buffer) => void) {
    this.#largest = largest
    this.#onFrame = onFrame
  }

  /** Calls back for each frame that these bytes complete. Throws `ForeignBytesError`. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#frame === undefined) {
        const taken = chunk.copy(this.#size, this.#sizeBytes, at, at + SIZE_BYTES - this.#sizeBytes)
        at += taken
        this.#sizeBytes += taken
        if (this.#sizeBytes < SIZE_BYTES) return
        this.#begin(this.#size.readInt32BE(0))
      }
      const frame = this.#frame
      if (frame === undefined) continue
      const taken = chunk.copy(frame, this.#filled, at)
      at += taken
      this.#filled += taken
      if (this.#filled === frame.length) this.#end(frame)
    }
  }

  #begin(size: number): void {
    if (size < 0 || size > this.#largest) throw new ForeignBytesError(size)
    this.#sizeBytes = 0
    this.#filled = 0
    this.#frame = Buffer.allocUnsafe(size)
    if (size === 0) this.#end(this.#frame)
  }

  #end(frame: Buffer): void {
    this.#frame = undefined
    this.#onFrame(frame)
  }
}

const SIZE_BYTES = 4
