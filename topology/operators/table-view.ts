/** A table as an operator sees it that looks keys up: its store, or what its parents hold seen through its functions. */
import type { StateStore, ValueAndTimestamp, Windowed } from '../../state/index.ts'
import type { ProcessorContext } from '../processor.ts'

export interface TableView<K, V> {
  /** The row now; a versioned table answers with the one valid at `asOf`, where that is given. */
  get(key: K, asOf?: number): ValueAndTimestamp<V> | undefined
}

/** Opens a table's view for one task. */
export type OpenView = (context: ProcessorContext<unknown, unknown>) => TableView<unknown, unknown>

/** The view of a table that lies in a store; a windowed table is looked up by key and window. */
export const viewOfStore =
  (name: string): OpenView =>
  (context) => {
    const store = context.store<StateStore>(name)
    switch (store.kind) {
      case 'keyValue':
        return { get: (key) => store.getWithTimestamp(key) }
      case 'window':
        return {
          get: (windowed) => {
            const { key, start } = windowed as Windowed<unknown>
            return store.fetch(key, start)
          },
        }
      case 'versioned':
        return { get: (key, asOf) => (asOf === undefined ? store.get(key) : store.getAsOf(key, asOf)) }
      case 'timeOrdered':
        throw new RangeError(`store "${name}" is a buffer, which holds no table`)
    }
  }
