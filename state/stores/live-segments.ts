/** The segments that hold rows, ascending: a search over time visits these and no empty ones. */
export class LiveSegments {
  #sorted: number[]

  constructor(sorted: readonly number[] = []) {
    this.#sorted = [...sorted]
  }

  get list(): readonly number[] {
    return this.#sorted
  }

  add(segment: number): boolean {
    const at = this.#position(segment)
    if (this.#sorted[at] === segment) return false
    this.#sorted.splice(at, 0, segment)
    return true
  }

  between(from: number, to: number): readonly number[] {
    return this.#sorted.slice(this.#position(from), this.#position(to + 1))
  }

  /** Takes out and returns the segments before the bound. */
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
