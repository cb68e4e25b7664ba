/** Emission on window close: hands on the rows of windows that have closed since the last time, by start, then by key. */
import type { KeyValueStore, Windowed, WindowStore } from '../../state/index.ts'
import type { SlidingWindows } from './sliding-windows.ts'
import type { TimeWindows } from './time-windows.ts'
import { firstWindowStart } from './time-windows.ts'
import type { Change } from './change.ts'
import type { ProcessorContext } from '../processor.ts'
import { changeOf } from './records.ts'

/** The one row of the store that remembers. */
const ROW = 'closed-up-to'

export class ClosedWindows<K, A> {
  private readonly windows: TimeWindows | SlidingWindows
  private readonly rows: WindowStore<K, A>
  private readonly memory: KeyValueStore<string, number>
  private readonly context: ProcessorContext<Windowed<K>, Change<A>>
  /** Windows that end up to here have been handed on; undefined: none yet. */
  private closedUpTo: number | undefined

  constructor(
    windows: TimeWindows | SlidingWindows,
    rows: WindowStore<K, A>,
    memory: KeyValueStore<string, number>,
    context: ProcessorContext<Windowed<K>, Change<A>>,
  ) {
    this.windows = windows
    this.rows = rows
    this.memory = memory
    this.context = context
    this.closedUpTo = memory.get(ROW)
  }

  /** Only where a window has closed is there anything to wait for. */
  advance(closedUpTo: number): Promise<void> | undefined {
    const before = this.closedUpTo
    if (before !== undefined && closedUpTo <= before) return undefined
    const lastStart = this.lastClosed(closedUpTo)
    if (lastStart < 0) return undefined
    const firstStart = before === undefined ? 0 : Math.max(0, this.lastClosed(before) + 1)
    if (before !== undefined && this.noneBetween(firstStart, lastStart)) return undefined
    this.closedUpTo = closedUpTo
    this.memory.put(ROW, closedUpTo)
    return this.emit(firstStart, lastStart)
  }

  /** The latest start of a closed window: the end of a sliding window is inside, that of others is not. */
  private lastClosed(closedUpTo: number): number {
    const { kind, sizeMs } = this.windows
    return closedUpTo - sizeMs - (kind === 'sliding' ? 1 : 0)
  }

  private async emit(firstStart: number, lastStart: number): Promise<void> {
    for await (const { key, start, value, timestamp } of this.rows.fetchAll(firstStart, lastStart)) {
      const window = { key, start, end: start + this.windows.sizeMs }
      this.context.forward({ key: window, value: changeOf(value, null), timestamp, headers: undefined })
    }
  }

  private noneBetween(firstStart: number, lastStart: number): boolean {
    const { windows } = this
    return (
      windows.kind === 'time' &&
      firstWindowStart(windows, lastStart) === firstWindowStart(windows, firstStart - 1) &&
      Math.floor(lastStart / windows.advanceMs) === Math.floor((firstStart - 1) / windows.advanceMs)
    )
  }
}
