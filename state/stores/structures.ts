import type { RowValues } from './row-values.ts'

/** Values that are structures of JavaScript. */
export class Structures<T> implements RowValues<T> {
  readonly #sizeOf: (value: T) => number
  readonly #values: (T | undefined)[] = []
  readonly #sizes: number[] = []
  readonly #free: number[] = []
  #sizeInBytes = 0

  /** `sizeOf` measures a value in bytes. */
  constructor(sizeOf: (value: T) => number) {
    this.#sizeOf = sizeOf
  }

  get sizeInBytes(): number {
    return this.#sizeInBytes
  }

  add(value: T): number {
    const place = this.#free.pop() ?? this.#values.length
    const size = this.#sizeOf(value)
    this.#values[place] = value
    this.#sizes[place] = size
    this.#sizeInBytes += size
    return place
  }

  get(place: number): T {
    return this.#values[place] as T
  }

  lend(place: number): T {
    return this.get(place)
  }

  drop(place: number): void {
    this.#values[place] = undefined
    this.#sizeInBytes -= this.#sizes[place] ?? 0
    this.#free.push(place)
  }
}
