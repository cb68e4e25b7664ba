/**
 * Folds the values of each key and sliding window into one. A record changes every window it falls into and may bring new ones
 * to life: the one that ends with it, the one right behind it, and the one right behind the record before it. What a new window
 * holds already is taken from its neighbours, so no record is kept.
 */
import type { ValueAndTimestamp, Windowed, WindowRow, WindowStore } from '../../state/index.ts'
import type { Change } from './change.ts'
import type { ProcessorContext, ProcessorSupplier, Record } from '../processor.ts'
import { ClosedWindows } from './closed-windows.ts'
import { changeOf } from './records.ts'
import type { SlidingWindows } from './sliding-windows.ts'
import type { WindowAggregateOptions } from './window-aggregate.ts'

export function slidingWindowAggregate<K, V, A>(
  options: WindowAggregateOptions<K, V, A, SlidingWindows>,
): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
  const { windows, closedStore } = options
  return () => {
    let context: ProcessorContext<Windowed<K>, Change<A>>
    let store: WindowStore<K, A>
    let closed: ClosedWindows<K, A> | undefined
    let streamTime = -1
    return {
      init: (given) => {
        context = given
        store = given.store(options.store)
        streamTime = store.lastStart
        if (closedStore !== undefined) closed = new ClosedWindows(windows, store, given.store(closedStore), given)
      },
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
        const turn = new Turn(options, record, { context, store, closedUpTo, forwards: closed === undefined })
        if (timestamp < windows.sizeMs) turn.early()
        else turn.regular()
        return closed?.advance(closedUpTo)
      },
    }
  }
}

interface Surroundings<K, A> {
  readonly context: ProcessorContext<Windowed<K>, Change<A>>
  readonly store: WindowStore<K, A>
  readonly closedUpTo: number
  /** false: windows are handed on when they close. */
  readonly forwards: boolean
}

/** One record's way through the windows around it. */
class Turn<K, V, A> {
  readonly #options: WindowAggregateOptions<K, V, A, SlidingWindows>
  readonly #record: Record<K, V>
  readonly #around: Surroundings<K, A>

  constructor(options: WindowAggregateOptions<K, V, A, SlidingWindows>, record: Record<K, V>, around: Surroundings<K, A>) {
    this.#options = options
    this.#record = record
    this.#around = around
  }

  /** From the newest window back, until one lies wholly before the record. */
  regular(): void {
    const { sizeMs } = this.#options.windows
    const { timestamp } = this.#record
    const starts = new Set<number>()
    let hasLeft = false
    let hasRight = false
    let left: ValueAndTimestamp<A> | undefined
    let right: ValueAndTimestamp<A> | undefined
    let previous: number | undefined
    for (const row of this.#rows(Math.max(0, timestamp - 2 * sizeMs)).toReversed()) {
      const end = row.start + sizeMs
      starts.add(row.start)
      if (row.start === timestamp + 1) {
        hasRight = true
      } else if (end > timestamp) {
        right ??= row
        this.#update(row.start, row)
      } else if (end === timestamp) {
        hasLeft = true
        this.#update(row.start, row)
        // A record of this very time has been here: its windows are this one's.
        if (row.timestamp >= timestamp) return
        previous = row.timestamp
      } else {
        left = row
        previous = row.timestamp
        break
      }
    }
    if (previous !== undefined && !starts.has(previous + 1) && previous + 1 + sizeMs >= timestamp) this.#update(previous + 1, undefined)
    if (!hasLeft) this.#update(timestamp - sizeMs, previous !== undefined && timestamp - sizeMs <= previous ? left : undefined)
    if (!hasRight) this.#openRight(right)
  }

  /** No window begins before 0: the one from there takes the place of all that would end with an early record. */
  early(): void {
    const { timestamp } = this.#record
    const starts = new Set<number>()
    let combined: ValueAndTimestamp<A> | undefined
    let hasRight = false
    let right: ValueAndTimestamp<A> | undefined
    let previous: number | undefined
    for (const row of this.#rows(0)) {
      starts.add(row.start)
      if (row.start === 0) {
        combined = row
        if (row.timestamp < timestamp) previous = row.timestamp
      } else if (row.start <= timestamp) {
        right = row
        this.#update(row.start, row)
      } else {
        hasRight = true
      }
    }
    if (!hasRight) this.#openRight(right ?? combined)
    if (previous !== undefined && !starts.has(previous + 1)) this.#update(previous + 1, undefined)
    this.#update(0, combined)
  }

  /** The key's windows from that start to the one right behind the record. */
  #rows(from: number): readonly WindowRow<K, A>[] {
    return this.#around.store.fetchRange(this.#record.key, from, this.#record.timestamp + 1)
  }

  /** Adds the record to a window that holds so much already. */
  #update(start: number, held: ValueAndTimestamp<A> | undefined): void {
    const { initializer, aggregator, windows } = this.#options
    const { key, value, timestamp } = this.#record
    if (start + windows.sizeMs < this.#around.closedUpTo) {
      this.#around.context.drop('late')
      return
    }
    const before = held === undefined ? initializer() : held.value
    const newTimestamp = held === undefined ? timestamp : Math.max(timestamp, held.timestamp)
    this.#put(start, aggregator(before, value, key), before, newTimestamp)
  }

  /** Opens the window right behind the record, if what that holds lies behind it. */
  #openRight(held: ValueAndTimestamp<A> | undefined): void {
    const { timestamp } = this.#record
    if (held !== undefined && held.timestamp > timestamp) this.#put(timestamp + 1, held.value, null, held.timestamp)
  }

  #put(start: number, newValue: A | null, oldValue: A | null, timestamp: number): void {
    const { context, store, forwards } = this.#around
    const { key, headers } = this.#record
    store.put(key, newValue, start, timestamp)
    if (!forwards) return
    const window = { key, start, end: start + this.#options.windows.sizeMs }
    context.forward({ key: window, value: changeOf(newValue, oldValue), timestamp, headers })
  }
}
