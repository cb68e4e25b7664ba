/** A grouped stream cut into windows of time, about to be aggregated per key and window. */
import { Serdes, Stores } from '../../state/index.ts'
import type { Serde, Windowed } from '../../state/index.ts'
import { drawnAt, tableOperatorNode } from './drawn.ts'
import type { Drawn } from './drawn.ts'
import type { AggregateOptions } from './k-grouped-stream.ts'
import { KTable } from './k-table.ts'
import type { Materialized, TableOptions } from './materialized.ts'
import { aggregatePerWindow, windowStore } from './window-table.ts'
import type { WindowRetention, Windows } from './window-table.ts'

export interface WindowedByOptions {
  /** `update` (the default) hands on every change of a window, `close` its last state once, when it takes no more records. */
  readonly emit?: 'update' | 'close'
}

export class TimeWindowedKStream<K, V> {
  private readonly drawn: Drawn
  private readonly windows: Windows
  private readonly emitsOnClose: boolean

  constructor(drawn: Drawn, windows: Windows, { emit = 'update' }: WindowedByOptions) {
    this.drawn = drawn
    this.windows = windows
    this.emitsOnClose = emit === 'close'
  }

  /** How many records each key has had in each window. */
  count(options: Materialized & WindowRetention & { readonly key?: Serde<K> }): KTable<Windowed<K>, number> {
    return this.aggregate(
      () => 0,
      (count) => count + 1,
      { ...options, value: Serdes.long },
    )
  }

  /** Folds the values of a key in a window into one of their own type. A null value takes part, as in Kafka Streams; in sliding windows it does not. */
  reduce(
    reducer: (aggregate: NonNullable<V>, value: V) => V,
    options: TableOptions<K, NonNullable<V>> & WindowRetention,
  ): KTable<Windowed<K>, NonNullable<V>> {
    return this.stored<NonNullable<V>>(
      () => null,
      (aggregate, value) => (aggregate === null ? value : reducer(aggregate, value)) ?? null,
      options,
    )
  }

  /** Folds the values of a key in a window into one of any type. A null value takes part, as in Kafka Streams; in sliding windows it does not. */
  aggregate<A>(
    initializer: () => A,
    aggregator: (aggregate: A, value: V, key: K) => A | null,
    options: AggregateOptions<K, A> & WindowRetention,
  ): KTable<Windowed<K>, A> {
    return this.stored<A>(initializer, (aggregate, value, key) => aggregator(aggregate ?? initializer(), value, key), options)
  }

  private stored<A>(
    initializer: () => A | null,
    aggregator: (aggregate: A | null, value: V, key: K) => A | null,
    options: TableOptions<K, A> & WindowRetention,
  ): KTable<Windowed<K>, A> {
    const { drawing, node } = this.drawn
    const { name } = options
    const { windows } = this
    const { sizeMs, graceMs } = windows
    const at = drawnAt(this.drawn, name, { key: true, value: true }, options)
    const key = drawing.needSerde(at.keySerde, 'key', name)
    const value = drawing.needSerde(at.valueSerde, 'value', name)
    const store = windowStore(windows, options, { key, value, keepsEdge: this.emitsOnClose })
    const closedStore = this.emitsOnClose
      ? drawing.addStore(Stores.keyValue({ name: `${name}-closed`, key: Serdes.string, value: Serdes.long }))
      : undefined
    const stores = closedStore === undefined ? [name] : [name, closedStore]
    const supplier = aggregatePerWindow({ store: name, windows, initializer, aggregator, closedStore })
    drawing.add(
      tableOperatorNode({ name, parents: [node], stores, store, closesAfterMs: graceMs, oldValues: 'own', supplier: () => supplier }),
    )
    return new KTable({ ...at, node: name, keySerde: Serdes.windowed(key, { sizeMs }) })
  }
}
