/**
 * Windows aligned to the epoch: tumbling windows follow each other, hopping windows overlap. A window is [start, start + size), and
 * each start is a multiple of the advance.
 */
export interface TimeWindows {
  readonly kind: 'time'
  readonly sizeMs: number
  readonly advanceMs: number
  /** How long after its end a window still accepts late records, in stream time. */
  readonly graceMs: number
}

export interface TumblingOptions {
  readonly sizeMs: number
  readonly graceMs: number
}

export interface HoppingOptions extends TumblingOptions {
  readonly advanceMs: number
}

/** Throws `RangeError` for an invalid size or grace. */
export function tumbling({ sizeMs, graceMs }: TumblingOptions): TimeWindows {
  return hopping({ sizeMs, advanceMs: sizeMs, graceMs })
}

/** Throws `RangeError` for an invalid size, advance or grace. */
export function hopping({ sizeMs, advanceMs, graceMs }: HoppingOptions): TimeWindows {
  if (!(Number.isSafeInteger(sizeMs) && sizeMs > 0)) throw new RangeError(`sizeMs must be a positive integer, got ${sizeMs}`)
  if (!(Number.isSafeInteger(advanceMs) && advanceMs > 0 && advanceMs <= sizeMs)) {
    throw new RangeError(`advanceMs must be an integer from 1 to sizeMs (${sizeMs}), got ${advanceMs}`)
  }
  if (!(Number.isSafeInteger(graceMs) && graceMs >= 0)) throw new RangeError(`graceMs must be a non-negative integer, got ${graceMs}`)
  return { kind: 'time', sizeMs, advanceMs, graceMs }
}

/** Start of the earliest window that includes the timestamp; the later ones follow at every advance up to the timestamp. */
export function firstWindowStart({ sizeMs, advanceMs }: TimeWindows, timestamp: number): number {
  return Math.floor(Math.max(0, timestamp - sizeMs + advanceMs) / advanceMs) * advanceMs
}
