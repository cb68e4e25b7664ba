/** Receives one changelog record per row written since the last commit; a row written twice counts with its last value. */
export interface ChangeSink {
  change(store: string, key: Uint8Array, value: Uint8Array | null, timestamp: number): void
}

/** Called before a row is written, with what the changelog will get of it; throws if the changelog cannot take that. The store is unchanged then. */
export type RowCheck = (key: Uint8Array, value: Uint8Array | null, timestamp: number) => void

export const NO_CHECK: RowCheck = () => undefined

/** For rows that come from the changelog itself, and for stores without one. */
export const NO_CHANGELOG: ChangeSink = { change: () => undefined }

export interface ChangelogRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
  readonly timestamp: number
}

/** Iterates over changelog records; the fields are those of the current record. */
export interface ChangelogCursor extends ChangelogRecord {
  /** Moves to the next record; false at the end. */
  next(): boolean
}
