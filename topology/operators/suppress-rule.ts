/**
 * How long a table holds its changes back. `window-closes`: until the window's end and the grace have passed; then the row's final
 * state is emitted once. `time-limit`: until the first held change of a key is `limitMs` old; then its latest change is emitted,
 * or earlier if the buffer is full. Time is stream time as this operator has seen it.
 */
export type SuppressRule =
  | { readonly kind: 'window-closes' }
  | { readonly kind: 'time-limit'; readonly limitMs: number; readonly maxRecords: number; readonly maxBytes: number }

export interface TimeLimitOptions {
  readonly limitMs: number
  /** With more rows than this, the oldest are emitted early. Default: unlimited. */
  readonly maxRecords?: number
  /** With more bytes than this, the oldest are emitted early. Default: unlimited. */
  readonly maxBytes?: number
}

export function untilWindowCloses(): SuppressRule {
  return { kind: 'window-closes' }
}

/** Throws `RangeError` for a negative limit. */
export function untilTimeLimit({ limitMs, maxRecords = Infinity, maxBytes = Infinity }: TimeLimitOptions): SuppressRule {
  if (!(limitMs >= 0)) throw new RangeError(`limitMs must be a non-negative number, got ${limitMs}`)
  return { kind: 'time-limit', limitMs, maxRecords, maxBytes }
}
