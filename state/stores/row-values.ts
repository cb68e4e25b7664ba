/** The values of a row table. Each value is known by a handle, which stays valid until `drop`. */
export interface RowValues<T> {
  readonly sizeInBytes: number
  /** Returns the handle of the value. */
  add(value: T): number
  get(handle: number): T
  /** As `get`, but the result is valid only until the next call. */
  lend(handle: number): T
  drop(handle: number): void
}
