import type { ValueAndTimestamp, Windowed, WindowStore } from '../../state/index.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { Change } from './change.ts'
import { ClosedWindows } from './closed-windows.ts'
import type { OperatorPlan } from './operator-plan.ts'
import { changeOf } from './records.ts'
import { firstWindowStart } from './time-windows.ts'
import type { TimeWindows } from './time-windows.ts'
import { valueBefore } from './value-before.ts'

export interface WindowAggregateOptions<K, V, A, W> {
  readonly store: string
  readonly windows: W
  readonly initializer: () => A | null
  /** May change the aggregate in place and return it. Null deletes the row. */
  readonly aggregator: (aggregate: A | null, value: V, key: K) => A | null
  /**
   * Emits each window once, when it closes, instead of at every update; the store of this name keeps track of the windows that
   * have been emitted.
   */
  readonly closedStore: string | undefined
}

/**
 * Folds the values of each key and window into one aggregate. A window accepts records until stream time has passed its end by
 * the grace; later records are dropped as late. Stream time is the largest timestamp this operator has seen; after a restart it
 * starts at the newest window's start.
 */
export function windowAggregate<K, V, A>(
  options: WindowAggregateOptions<K, V, A, TimeWindows>,
  { oldValuesAreUsed }: Pick<OperatorPlan, 'oldValuesAreUsed'>,
): ProcessorSupplier<K, V, Windowed<K>, Change<A>> {
  const { windows, initializer, aggregator, closedStore } = options
  return (context) => {
    const store = context.store<WindowStore<K, A>>(options.store)
    const closed = closedStore === undefined ? undefined : new ClosedWindows(windows, store, context.store(closedStore), context)
    let streamTime = store.lastStart
    const again = (key: K, start: number, row: ValueAndTimestamp<A>): A => store.fetch(key, start)?.value ?? row.value
    return {
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
          const aggregate = row === undefined ? initializer() : row.value
          const oldAggregate =
            closed === undefined && oldValuesAreUsed
              ? valueBefore(aggregate, () => (row === undefined ? initializer() : again(key, start, row)))
              : null
          const newTimestamp = row === undefined ? timestamp : Math.max(timestamp, row.timestamp)
          const newAggregate = aggregator(aggregate, value, key)
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
