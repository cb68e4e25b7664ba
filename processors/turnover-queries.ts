import type { Clock, Queries, WindowRow } from '../topology/index.ts'
import { HOUR_MS, MINUTE_MS, NO_TURNOVER, sumOf, type Turnover } from './turnover.ts'

export type WindowSize = 'MINUTE' | 'HOUR' | 'DAY'

export interface TurnoverWindow extends Turnover {
  readonly start: number
  readonly end: number
}

const SIZES_MS: Readonly<Record<WindowSize, number>> = { MINUTE: MINUTE_MS, HOUR: HOUR_MS, DAY: 24 * HOUR_MS }

/** Turnover by window, of one account or of all accounts together. Windows without turnover are omitted. */
export class TurnoverQueries {
  readonly #queries: () => Pick<Queries, 'window'>
  readonly #clock: Clock

  constructor(queries: () => Pick<Queries, 'window'>, clock: Clock) {
    this.#queries = queries
    this.#clock = clock
  }

  async windows(iban: string | undefined, window: WindowSize, last: number): Promise<readonly TurnoverWindow[]> {
    const sizeMs = SIZES_MS[window]
    const now = this.#clock.now()
    const from = now - (now % sizeMs) - (last - 1) * sizeMs
    const store = this.#queries().window<string, Turnover>(window === 'MINUTE' ? 'turnover-by-minute' : 'turnover-by-hour')
    const rows = iban === undefined ? await store.fetchAll(from, now) : await store.fetchRange(iban, from, now)
    return sumByStart(rows, window === 'DAY' ? (start) => start - (start % sizeMs) : (start) => start)
      .map(([start, turnover]) => ({ start, end: start + sizeMs, ...turnover }))
      .slice(-last)
  }
}

/** Expects rows in ascending order of `start`; `startOf` maps a row's window to the window it is summed into. */
function sumByStart(
  rows: readonly WindowRow<string, Turnover>[],
  startOf: (start: number) => number,
): readonly (readonly [number, Turnover])[] {
  const sums = new Map<number, Turnover>()
  for (const { start, value } of rows) sums.set(startOf(start), sumOf(sums.get(startOf(start)) ?? NO_TURNOVER, value))
  return [...sums]
}
