import type { StateStore, ValueAndTimestamp, Windowed } from '../../state/index.ts'
import type { ProcessorContext } from '../processor.ts'

/** A table as a joining operator reads it: from its store, or computed from the views of its parents. */
export interface TableView<K, V> {
  /** The current row; a versioned table returns the row that was valid at `asOf`, if given. */
  get(key: K, asOf?: number): ValueAndTimestamp<V> | undefined
}

/** Opens a table's view for one task. */
export type OpenView = (context: ProcessorContext<unknown, unknown>) => TableView<unknown, unknown>

/** The view of a stored table. A windowed table is looked up by key and window. */
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
        throw new RangeError(`Store "${name}" is a time-ordered buffer and cannot be read as a table.`)
    }
  }
