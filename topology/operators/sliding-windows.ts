/**
 * Windows relative to records: each record has one that ends with it, and one that starts right after it as soon as another
 * record falls into that. So any set of records within `sizeMs` of each other shares a window. Start and end are both inclusive.
 */
export interface SlidingWindows {
  readonly kind: 'sliding'
  /** The largest difference in time between two records of a window. */
  readonly sizeMs: number
  /** How long after its end a window still accepts late records, in stream time. */
  readonly graceMs: number
}

export interface SlidingOptions {
  readonly sizeMs: number
  readonly graceMs: number
}

/** Throws `RangeError` for an invalid size or grace. */
export function sliding({ sizeMs, graceMs }: SlidingOptions): SlidingWindows {
  if (!(Number.isSafeInteger(sizeMs) && sizeMs > 0)) throw new RangeError(`sizeMs must be a positive integer, got ${sizeMs}`)
  if (!(Number.isSafeInteger(graceMs) && graceMs >= 0)) throw new RangeError(`graceMs must be a non-negative integer, got ${graceMs}`)
  return { kind: 'sliding', sizeMs, graceMs }
}
