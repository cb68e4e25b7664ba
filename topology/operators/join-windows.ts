/** How far apart in time two records may be that a stream–stream join pairs. */
export interface JoinWindows {
  /** The other stream's record may be this much earlier. */
  readonly beforeMs: number
  /** The other stream's record may be this much later. */
  readonly afterMs: number
  /** How long after its window's end a record may still arrive, in stream time. */
  readonly graceMs: number
}

/** Throws `RangeError` for a window in which no two records could join. */
export function joinWindow({ beforeMs, afterMs, graceMs }: JoinWindows): JoinWindows {
  if (![beforeMs, afterMs].every(Number.isSafeInteger) || beforeMs + afterMs < 0) {
    throw new RangeError(`beforeMs and afterMs must be integers whose sum is not negative, got ${beforeMs} and ${afterMs}`)
  }
  if (!(Number.isSafeInteger(graceMs) && graceMs >= 0)) throw new RangeError(`graceMs must be a non-negative integer, got ${graceMs}`)
  return { beforeMs, afterMs, graceMs }
}
