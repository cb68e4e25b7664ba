import type { Clock } from '../../ports.ts'

/** A turn ends after this long, so that heartbeats, commits and queries get their time. Milliseconds. */
const TURN_MS = 50
/** Records may pass between two readings of the clock while these are not slower than this together. Milliseconds. */
const SLICE_MS = TURN_MS / 10
/** Reading the clock costs about as much as a fiftieth of the fastest record. */
const MOST_RECORDS = 8

/** Tells when a task's turn is over. Reads the clock only every few records where records are fast, after each one where they are slow. */
export class TurnClock {
  readonly #clock: Clock
  #records = 1
  #left = 1
  #turnEnd = 0
  #sliceStart = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Duration of the slice that `isOver` has just measured, milliseconds; 0 when it has not read the clock. */
  sliceMs = 0

  start(): void {
    this.#sliceStart = this.#clock.monotonic()
    this.#turnEnd = this.#sliceStart + TURN_MS
    this.#left = this.#records
  }

  /** To be called after each record. */
  isOver(): boolean {
    this.sliceMs = 0
    if (--this.#left > 0) return false
    const now = this.#clock.monotonic()
    this.sliceMs = now - this.#sliceStart
    this.#records = this.sliceMs > SLICE_MS ? 1 : Math.min(2 * this.#records, MOST_RECORDS)
    this.#left = this.#records
    this.#sliceStart = now
    return now >= this.#turnEnd
  }
}
