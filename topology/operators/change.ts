/**
 * The value of a table's stream. `oldValue` is null where there was none, and also where nobody behind needs it.
 * `isLatest` is false for an update that came out of order into a versioned table.
 */
export interface Change<V> {
  readonly newValue: V | null
  readonly oldValue: V | null
  readonly isLatest: boolean
}
