/**
 * For how long a table keeps its changes back. Until the window of a row has closed (its end and the grace have passed): then its
 * last state is handed on, once. Or until a change has waited for `limitMs`: then the newest of its key is handed on, sooner if
 * the buffer is full. Time is stream time, as far as this operator has seen it.
 */
export type SuppressRule =
  | { readonly kind: 'window-closes' }
  | { readonly kind: 'time-limit'; readonly limitMs: number; readonly maxRecords: number; readonly maxBytes: number }

export interface TimeLimitOptions {
  readonly limitMs: number
  /** More rows than this are not kept: the oldest are handed on early. Default: no bound. */
  readonly maxRecords?: number
  /** The same in bytes. */
  readonly maxBytes?: number
}

export function untilWindowCloses(): SuppressRule {
  return { kind: 'window-closes' }
}

/** Throws `RangeError` on a limit that is no time. */
export function untilTimeLimit({ limitMs, maxRecords = Infinity, maxBytes = Infinity }: TimeLimitOptions): SuppressRule {
  if (!(limitMs >= 0)) throw new RangeError(`limitMs must be a number from 0, got ${limitMs}`)
  return { kind: 'time-limit', limitMs, maxRecords, maxBytes }
}
