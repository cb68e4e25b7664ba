import type { RowValues } from './row-values.ts'

/** Values that are JavaScript objects. */
export class ObjectValues<T> implements RowValues<T> {
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
    const handle = this.#free.pop() ?? this.#values.length
    const size = this.#sizeOf(value)
    this.#values[handle] = value
    this.#sizes[handle] = size
    this.#sizeInBytes += size
    return handle
  }

  get(handle: number): T {
    return this.#values[handle] as T
  }

  lend(handle: number): T {
    return this.get(handle)
  }

  drop(handle: number): void {
    this.#values[handle] = undefined
    this.#sizeInBytes -= this.#sizes[handle] ?? 0
    this.#free.push(handle)
  }
}
