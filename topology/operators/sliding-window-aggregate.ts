import type { ValueAndTimestamp, Windowed, WindowRow, WindowStore } from '../../state/index.ts'
import type { ProcessorContext, ProcessorSupplier, Record } from '../processor.ts'
import type { Change } from './change.ts'
import { ClosedWindows } from './closed-windows.ts'
import type { OperatorPlan } from './operator-plan.ts'
import { changeOf } from './records.ts'
import type { SlidingWindows } from './sliding-windows.ts'
import { valueBefore } from './value-before.ts'
import type { WindowAggregateOptions } from './window-aggregate.ts'

/**
 * Folds the values of each key and sliding window into one aggregate. A record updates every window it falls into and may create
 * up to three: the one that ends with it, the one right after it, and the one right after the record before it. A new window
 * takes its contents so far from its neighbours, so records are not stored.
 */
export function slidingWindowAggregate<K, V, A>(
  options: WindowAggregateOptions<K, V, A, SlidingWindows>,
  { oldValuesAreUsed }: Pick<OperatorPlan, 'oldValuesAreUsed'>,
): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
  const { windows, closedStore } = options
  return (context) => {
    const store = context.store<WindowStore<K, A>>(options.store)
    const closed = closedStore === undefined ? undefined : new ClosedWindows(windows, store, context.store(closedStore), context)
    let streamTime = store.lastStart
    return {
      process: (record) => {
        const { key, value, timestamp } = record
        if (key === null || value === null || value === undefined) {
          context.drop(key === null ? 'null-key' : 'null-value')
          return
        }
        streamTime = Math.max(streamTime, timestamp)
        const closedUpTo = streamTime - windows.graceMs
        if (timestamp + 1 + windows.sizeMs <= closedUpTo) {
          context.drop('late')
          return
        }
        const update = new WindowUpdate(options, record, {
          context,
          store,
          closedUpTo,
          emitsUpdates: closed === undefined,
          oldValuesAreUsed: closed === undefined && oldValuesAreUsed,
        })
        if (timestamp < windows.sizeMs) update.runNearZero()
        else update.run()
        return closed?.advance(closedUpTo)
      },
    }
  }
}

interface UpdateScope<K, A> {
  readonly context: ProcessorContext<Windowed<K>, Change<A>>
  readonly store: WindowStore<K, A>
  readonly closedUpTo: number
  /** false: windows are forwarded when they close. */
  readonly emitsUpdates: boolean
  readonly oldValuesAreUsed: boolean
}

/** What a window contains so far. */
interface Contents<A> extends ValueAndTimestamp<A> {
  /** The value for the change's old one, while the aggregator may change `value` in place; null if it is not used. */
  readonly before: A | null
}

/** Adds one record to the windows around it. */
class WindowUpdate<K, V, A> {
  readonly #options: WindowAggregateOptions<K, V, A, SlidingWindows>
  readonly #record: Record<K, V>
  readonly #scope: UpdateScope<K, A>

  constructor(options: WindowAggregateOptions<K, V, A, SlidingWindows>, record: Record<K, V>, scope: UpdateScope<K, A>) {
    this.#options = options
    this.#record = record
    this.#scope = scope
  }

  /** Goes from the newest window backwards until one ends before the record. */
  run(): void {
    const { sizeMs } = this.#options.windows
    const { timestamp } = this.#record
    const starts = new Set<number>()
    let hasLeft = false
    let hasRight = false
    let left: Contents<A> | undefined
    let right: ValueAndTimestamp<A> | undefined
    let previous: number | undefined
    for (const row of this.#rows(Math.max(0, timestamp - 2 * sizeMs)).toReversed()) {
      const end = row.start + sizeMs
      starts.add(row.start)
      if (row.start === timestamp + 1) {
        hasRight = true
      } else if (end > timestamp) {
        if (!hasRight) right ??= this.#copyOf(row)
        this.#add(row.start, this.#contentsOf(row))
      } else if (end === timestamp) {
        hasLeft = true
        this.#add(row.start, this.#contentsOf(row))
        // A record with this timestamp has created all windows that this one needs.
        if (row.timestamp >= timestamp) return
        previous = row.timestamp
      } else {
        left = this.#contentsOf(row)
        previous = row.timestamp
        break
      }
    }
    if (previous !== undefined && !starts.has(previous + 1) && previous + 1 + sizeMs >= timestamp) this.#add(previous + 1, undefined)
    if (!hasLeft) this.#add(timestamp - sizeMs, previous !== undefined && timestamp - sizeMs <= previous ? left : undefined)
    if (!hasRight) this.#createRight(right)
  }

  /** No window starts before 0, so the window from 0 stands in for all that would end with a record earlier than the size. */
  runNearZero(): void {
    const { timestamp } = this.#record
    const starts = new Set<number>()
    let combined: Contents<A> | undefined
    let hasRight = false
    let right: ValueAndTimestamp<A> | undefined
    let previous: number | undefined
    for (const row of this.#rows(0)) {
      starts.add(row.start)
      if (row.start === 0) {
        combined = this.#contentsOf(row)
        if (row.timestamp < timestamp) previous = row.timestamp
      } else if (row.start <= timestamp) {
        right = this.#copyOf(row)
        this.#add(row.start, this.#contentsOf(row))
      } else {
        hasRight = true
      }
    }
    if (!hasRight) this.#createRight(right ?? combined)
    if (previous !== undefined && !starts.has(previous + 1)) this.#add(previous + 1, undefined)
    this.#add(0, combined)
  }

  /** The key's windows from `firstStart` to the one right after the record. */
  #rows(firstStart: number): readonly WindowRow<K, A>[] {
    return this.#scope.store.fetchRange(this.#record.key, firstStart, this.#record.timestamp + 1)
  }

  #contentsOf(row: WindowRow<K, A>): Contents<A> {
    const before = this.#scope.oldValuesAreUsed ? this.#copyOf(row).value : null
    return { value: row.value, timestamp: row.timestamp, before }
  }

  /** The row with a value that later calls of the aggregator cannot change. */
  #copyOf({ key, start, value, timestamp }: WindowRow<K, A>): ValueAndTimestamp<A> {
    return { value: valueBefore(value, () => this.#scope.store.fetch(key, start)?.value ?? value), timestamp }
  }

  /** Adds the record to a window with these contents so far. */
  #add(start: number, contents: Contents<A> | undefined): void {
    const { initializer, aggregator, windows } = this.#options
    const { key, value, timestamp } = this.#record
    if (start + windows.sizeMs < this.#scope.closedUpTo) {
      this.#scope.context.drop('late')
      return
    }
    const aggregate = contents === undefined ? initializer() : contents.value
    const before = contents === undefined && this.#scope.oldValuesAreUsed ? valueBefore(aggregate, initializer) : (contents?.before ?? null)
    const newTimestamp = contents === undefined ? timestamp : Math.max(timestamp, contents.timestamp)
    this.#put(start, aggregator(aggregate, value, key), before, newTimestamp)
  }

  /** Creates the window right after the record if `contents` includes a record after it. */
  #createRight(contents: ValueAndTimestamp<A> | undefined): void {
    const { timestamp } = this.#record
    if (contents !== undefined && contents.timestamp > timestamp) this.#put(timestamp + 1, contents.value, null, contents.timestamp)
  }

  #put(start: number, newValue: A | null, oldValue: A | null, timestamp: number): void {
    const { context, store, emitsUpdates } = this.#scope
    const { key, headers } = this.#record
    store.put(key, newValue, start, timestamp)
    if (!emitsUpdates) return
    const window = { key, start, end: start + this.#options.windows.sizeMs }
    context.forward({ key: window, value: changeOf(newValue, oldValue), timestamp, headers })
  }
}
