/** Numbers of the segments that hold rows, ascending, so that a search over time skips empty segments. */
export class LiveSegments {
  #sorted: number[]

  constructor(sorted: readonly number[] = []) {
    this.#sorted = [...sorted]
  }

  add(segment: number): void {
    const at = this.#position(segment)
    if (this.#sorted[at] !== segment) this.#sorted.splice(at, 0, segment)
  }

  between(from: number, to: number): readonly number[] {
    return this.#sorted.slice(this.#position(from), this.#position(to + 1))
  }

  /** Removes and returns the segments before the bound. */
  dropBefore(segment: number): readonly number[] {
    return this.#sorted.splice(0, this.#position(segment))
  }

  #position(segment: number): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sorted[middle] ?? 0) < segment) low = middle + 1
      else high = middle
    }
    return low
  }
}
