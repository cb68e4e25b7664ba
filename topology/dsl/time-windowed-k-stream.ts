import { Serdes, Stores } from '../../state/index.ts'
import type { Serde, Windowed } from '../../state/index.ts'
import type { AggregateOptions } from './k-grouped-stream.ts'
import type { KTable } from './k-table.ts'
import type { Materialized, TableOptions } from './materialized.ts'
import { outputOf } from './node-output.ts'
import type { NodeOutput } from './node-output.ts'
import { tableOperatorNode } from './operator-nodes.ts'
import { aggregatePerWindow, windowStore } from './window-table.ts'
import type { WindowRetention, Windows } from './window-table.ts'

export interface WindowedByOptions {
  /** `update` (the default) emits every change of a window, `close` emits its final state once, when it accepts no more records. */
  readonly emit?: 'update' | 'close'
}

/** A grouped stream divided into windows, ready to be aggregated per key and window. */
export class TimeWindowedKStream<K, V> {
  readonly #input: NodeOutput
  readonly #windows: Windows
  readonly #emitsOnClose: boolean

  constructor(input: NodeOutput, windows: Windows, { emit = 'update' }: WindowedByOptions) {
    this.#input = input
    this.#windows = windows
    this.#emitsOnClose = emit === 'close'
  }

  /** The number of records per key and window. */
  count(options: Materialized & WindowRetention & { readonly key?: Serde<K> }): KTable<Windowed<K>, number> {
    return this.aggregate(
      () => 0,
      (count) => count + 1,
      { ...options, value: Serdes.long },
    )
  }

  /**
   * Folds the values of a key and window into one of the same type. As in Kafka Streams, the reducer receives null values except in
   * sliding windows.
   */
  reduce(
    reducer: (aggregate: NonNullable<V>, value: V) => V,
    options: TableOptions<K, NonNullable<V>> & WindowRetention,
  ): KTable<Windowed<K>, NonNullable<V>> {
    return this.#stored<NonNullable<V>>(
      () => null,
      (aggregate, value) => (aggregate === null ? value : reducer(aggregate, value)) ?? null,
      options,
    )
  }

  /**
   * Folds the values of a key and window into one of any type. As in Kafka Streams, the aggregator receives null values except in
   * sliding windows.
   */
  aggregate<A>(
    initializer: () => A,
    aggregator: (aggregate: A, value: V, key: K) => A | null,
    options: AggregateOptions<K, A> & WindowRetention,
  ): KTable<Windowed<K>, A> {
    return this.#stored<A>(initializer, (aggregate, value, key) => aggregator(aggregate ?? initializer(), value, key), options)
  }

  #stored<A>(
    initializer: () => A | null,
    aggregator: (aggregate: A | null, value: V, key: K) => A | null,
    options: TableOptions<K, A> & WindowRetention,
  ): KTable<Windowed<K>, A> {
    const { builder, node } = this.#input
    const { name } = options
    const windows = this.#windows
    const { sizeMs, graceMs } = windows
    const output = outputOf(name, this.#input, { key: true, value: true }, options)
    const key = builder.requireSerde(output.keySerde, 'key', name)
    const value = builder.requireSerde(output.valueSerde, 'value', name)
    const store = windowStore(windows, options, { key, value, keepsEdge: this.#emitsOnClose })
    const closedStore = this.#emitsOnClose
      ? builder.addStore(Stores.keyValue({ name: `${name}-closed`, key: Serdes.string, value: Serdes.long }))
      : undefined
    const stores = closedStore === undefined ? [name] : [name, closedStore]
    builder.add(
      tableOperatorNode({
        name,
        parents: [node],
        stores,
        store,
        closesAfterMs: graceMs,
        oldValues: 'own',
        supplier: (plan) => aggregatePerWindow({ store: name, windows, initializer, aggregator, closedStore }, plan),
      }),
    )
    return builder.make.table({ ...output, keySerde: Serdes.windowed(key, { sizeMs }) })
  }
}
