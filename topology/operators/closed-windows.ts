import type { KeyValueStore, Windowed, WindowStore } from '../../state/index.ts'
import type { ProcessorContext } from '../processor.ts'
import type { Change } from './change.ts'
import { changeOf } from './records.ts'
import type { SlidingWindows } from './sliding-windows.ts'
import { firstWindowStart } from './time-windows.ts'
import type { TimeWindows } from './time-windows.ts'

/** Key of the only row in the progress store. */
const CLOSED_UP_TO = 'closed-up-to'

/** Emission on window close: forwards the rows of the windows that have closed since the last emission, by start, then by key. */
export class ClosedWindows<K, A> {
  readonly #windows: TimeWindows | SlidingWindows
  readonly #rows: WindowStore<K, A>
  readonly #progress: KeyValueStore<string, number>
  readonly #context: ProcessorContext<Windowed<K>, Change<A>>
  /** Windows that end here or earlier have been emitted; undefined before the first emission. */
  #closedUpTo: number | undefined

  constructor(
    windows: TimeWindows | SlidingWindows,
    rows: WindowStore<K, A>,
    progress: KeyValueStore<string, number>,
    context: ProcessorContext<Windowed<K>, Change<A>>,
  ) {
    this.#windows = windows
    this.#rows = rows
    this.#progress = progress
    this.#context = context
    this.#closedUpTo = progress.get(CLOSED_UP_TO)
  }

  /** Returns a promise only if a window has closed, so that other records are processed synchronously. */
  advance(closedUpTo: number): Promise<void> | undefined {
    const previous = this.#closedUpTo
    if (previous !== undefined && closedUpTo <= previous) return undefined
    const lastStart = this.#lastClosed(closedUpTo)
    if (lastStart < 0) return undefined
    const firstStart = previous === undefined ? 0 : Math.max(0, this.#lastClosed(previous) + 1)
    if (previous !== undefined && this.#hasNoWindowBetween(firstStart, lastStart)) return undefined
    this.#closedUpTo = closedUpTo
    this.#progress.put(CLOSED_UP_TO, closedUpTo)
    return this.#emit(firstStart, lastStart)
  }

  /** The latest start of a closed window. A sliding window includes its end, a time window does not. */
  #lastClosed(closedUpTo: number): number {
    const { kind, sizeMs } = this.#windows
    return closedUpTo - sizeMs - (kind === 'sliding' ? 1 : 0)
  }

  async #emit(firstStart: number, lastStart: number): Promise<void> {
    for await (const { key, start, value, timestamp } of this.#rows.fetchAll(firstStart, lastStart)) {
      const window = { key, start, end: start + this.#windows.sizeMs }
      this.#context.forward({ key: window, value: changeOf(value, null), timestamp, headers: undefined })
    }
  }

  #hasNoWindowBetween(firstStart: number, lastStart: number): boolean {
    const windows = this.#windows
    return (
      windows.kind === 'time' &&
      firstWindowStart(windows, lastStart) === firstWindowStart(windows, firstStart - 1) &&
      Math.floor(lastStart / windows.advanceMs) === Math.floor((firstStart - 1) / windows.advanceMs)
    )
  }
}
