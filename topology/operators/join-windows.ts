/** How far apart in time two records may lie that a stream–stream join brings together. */
export interface JoinWindows {
  /** The other record may be up to so much earlier than this stream's. */
  readonly beforeMs: number
  /** The other record may be up to so much later. */
  readonly afterMs: number
  /** How long after its window's end a record may still arrive, by stream time. */
  readonly graceMs: number
}

/** Throws `RangeError` where nothing could ever join. */
export function joinWindow({ beforeMs, afterMs, graceMs }: JoinWindows): JoinWindows {
  if (![beforeMs, afterMs].every(Number.isSafeInteger) || beforeMs + afterMs < 0) {
    throw new RangeError(`beforeMs and afterMs must be integers whose sum is not negative, got ${beforeMs} and ${afterMs}`)
  }
  if (!(Number.isSafeInteger(graceMs) && graceMs >= 0)) throw new RangeError(`graceMs must be an integer from 0, got ${graceMs}`)
  return { beforeMs, afterMs, graceMs }
}
