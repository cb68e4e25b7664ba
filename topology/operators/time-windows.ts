/** Windows by time: tumbling ones follow each other, hopping ones overlap. A window is [start, start + size), starts are multiples of the advance. */
export interface TimeWindows {
  readonly kind: 'time'
  readonly sizeMs: number
  readonly advanceMs: number
  /** How long after its end a window still takes late records, by stream time. */
  readonly graceMs: number
}

export interface TumblingOptions {
  readonly sizeMs: number
  readonly graceMs: number
}

export interface HoppingOptions extends TumblingOptions {
  readonly advanceMs: number
}

export function tumbling({ sizeMs, graceMs }: TumblingOptions): TimeWindows {
  return hopping({ sizeMs, advanceMs: sizeMs, graceMs })
}

/** Throws `RangeError` on a size, advance or grace that makes no windows. */
export function hopping({ sizeMs, advanceMs, graceMs }: HoppingOptions): TimeWindows {
  if (!(Number.isSafeInteger(sizeMs) && sizeMs > 0)) throw new RangeError(`sizeMs must be a positive integer, got ${sizeMs}`)
  if (!(Number.isSafeInteger(advanceMs) && advanceMs > 0 && advanceMs <= sizeMs)) {
    throw new RangeError(`advanceMs must be an integer from 1 to sizeMs (${sizeMs}), got ${advanceMs}`)
  }
  if (!(Number.isSafeInteger(graceMs) && graceMs >= 0)) throw new RangeError(`graceMs must be an integer from 0, got ${graceMs}`)
  return { kind: 'time', sizeMs, advanceMs, graceMs }
}

/** Start of the earliest window that a timestamp falls into; the others follow at every advance up to the timestamp. */
export function firstWindowStart({ sizeMs, advanceMs }: TimeWindows, timestamp: number): number {
  return Math.floor(Math.max(0, timestamp - sizeMs + advanceMs) / advanceMs) * advanceMs
}
