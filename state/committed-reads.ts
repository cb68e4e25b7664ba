/** The query side of a store: sees committed rows only. Each kind of store has the methods for the queries it can answer. */
export interface CommittedReads {
  get?(key: Uint8Array): CommittedRow | undefined
  scan?(from: Uint8Array | undefined, to: Uint8Array | undefined, options?: { reverse?: boolean; limit?: number }): Promise<CommittedRow[]>
  fetchRange?(key: Uint8Array, from: number, to: number): CommittedRow[]
  fetchAll?(from: number, to: number, options?: { reverse?: boolean; limit?: number }): Promise<CommittedRow[]>
  getAsOf?(key: Uint8Array, asOf: number | undefined): CommittedRow | undefined
  history?(key: Uint8Array, from: number, to: number): CommittedRow[]
}

/** Serialized, so that it can be sent to another instance. */
export interface CommittedRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly timestamp: number
  /** Window start. */
  readonly start?: number
  /** End of a version's validity, exclusive. */
  readonly validTo?: number
}
