/**
 * Windows around records: for each record one that ends with it, and one that begins right behind it as soon as another record
 * falls into that. So every set of records that lie within `sizeMs` of each other has its window; start and end are both inside.
 */
export interface SlidingWindows {
  readonly kind: 'sliding'
  /** The largest difference in time between two records of a window. */
  readonly sizeMs: number
  /** How long after its end a window still takes late records, by stream time. */
  readonly graceMs: number
}

export interface SlidingOptions {
  readonly sizeMs: number
  readonly graceMs: number
}

/** Throws `RangeError` on a size or grace that makes no windows. */
export function sliding({ sizeMs, graceMs }: SlidingOptions): SlidingWindows {
  if (!(Number.isSafeInteger(sizeMs) && sizeMs > 0)) throw new RangeError(`sizeMs must be a positive integer, got ${sizeMs}`)
  if (!(Number.isSafeInteger(graceMs) && graceMs >= 0)) throw new RangeError(`graceMs must be an integer from 0, got ${graceMs}`)
  return { kind: 'sliding', sizeMs, graceMs }
}
