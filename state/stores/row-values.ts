/** The values of a table's rows, each in a place that it keeps for as long as it is wanted. */
export interface RowValues<T> {
  readonly sizeInBytes: number
  /** Answers with its place. */
  add(value: T): number
  get(place: number): T
  /** The same, right until the next is lent. */
  lend(place: number): T
  /** The value is not wanted any more. */
  drop(place: number): void
}
