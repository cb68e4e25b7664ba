/**
 * The value of a table's stream. `oldValue` is null where there was none, and also where no node downstream needs it.
 * `isLatest` is false for an out-of-order update of a versioned table.
 */
export interface Change<V> {
  readonly newValue: V | null
  readonly oldValue: V | null
  readonly isLatest: boolean
}
