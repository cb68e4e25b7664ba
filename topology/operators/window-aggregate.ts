/**
 * Folds the values of each key and window into one. A window takes records until stream time has passed its end by the
 * grace; what comes later is left out. Stream time here is the largest timestamp this operator has seen, and after a restart
 * at least the newest window's start.
 */
import type { Windowed, WindowStore } from '../../state/index.ts'
import type { TimeWindows } from './time-windows.ts'
import { firstWindowStart } from './time-windows.ts'
import type { Change } from './change.ts'
import type { ProcessorContext, ProcessorSupplier } from '../processor.ts'
import { ClosedWindows } from './closed-windows.ts'
import { changeOf } from './records.ts'

export interface WindowAggregateOptions<K, V, A, W> {
  readonly store: string
  readonly windows: W
  readonly initializer: () => A | null
  readonly aggregator: (aggregate: A | null, value: V, key: K) => A | null
  /** Hands on each window once, when it has closed, instead of every update. The store of that name remembers how far that went. */
  readonly closedStore: string | undefined
}

export function windowAggregate<K, V, A>(
  options: WindowAggregateOptions<K, V, A, TimeWindows>,
): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
  const { windows, initializer, aggregator, closedStore } = options
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
      process: ({ key, value, timestamp, headers }) => {
        if (key === null) {
          context.drop('null-key')
          return
        }
        streamTime = Math.max(streamTime, timestamp)
        const closedUpTo = streamTime - windows.graceMs
        for (let start = firstWindowStart(windows, timestamp); start <= timestamp; start += windows.advanceMs) {
          const end = start + windows.sizeMs
          if (end <= closedUpTo) {
            context.drop('late')
            continue
          }
          const row = store.fetch(key, start)
          const oldAggregate = row === undefined ? initializer() : row.value
          const newTimestamp = row === undefined ? timestamp : Math.max(timestamp, row.timestamp)
          const newAggregate = aggregator(oldAggregate, value, key)
          store.put(key, newAggregate, start, newTimestamp)
          if (closed === undefined) {
            context.forward({ key: { key, start, end }, value: changeOf(newAggregate, oldAggregate), timestamp: newTimestamp, headers })
          }
        }
        return closed?.advance(closedUpTo)
      },
    }
  }
}
