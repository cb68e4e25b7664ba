/** A stream whose records lie together by key, about to be aggregated. */
import { Serdes } from '../../state/index.ts'
import type { Serde } from '../../state/index.ts'
import type { AnyProcessorSupplier } from '../graph/logical-graph.ts'
import { aggregate } from '../operators/aggregate.ts'
import { reduce } from '../operators/reduce.ts'
import { CogroupedKStream } from './cogrouped-k-stream.ts'
import { drawnAt, tableOperatorNode } from './drawn.ts'
import type { Drawn } from './drawn.ts'
import { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, TableOptions } from './materialized.ts'
import { TimeWindowedKStream } from './time-windowed-k-stream.ts'
import type { WindowedByOptions } from './time-windowed-k-stream.ts'
import type { Windows } from './window-table.ts'

export interface AggregateOptions<K, A> extends TableOptions<K, A> {
  readonly value: Serde<A>
}

export class KGroupedStream<K, V> {
  /** For the classes of the DSL. */
  readonly drawn: Drawn
  /** Keeps the types apart: a stream of other records is another type. */
  declare readonly record: readonly [K, V]

  constructor(drawn: Drawn) {
    this.drawn = drawn
  }

  /** How many records each key has had. */
  count(options: Materialized & { readonly key?: Serde<K> }): KTable<K, number> {
    return this.stored(aggregate<K, V, number>({ store: options.name, initializer: () => 0, aggregator: (count) => count + 1 }), {
      ...options,
      value: Serdes.long,
    })
  }

  /** Folds the values of a key into one of their own type. The reducer's null deletes the row. */
  reduce(
    reducer: (aggregate: NonNullable<V>, value: NonNullable<V>) => NonNullable<V> | null,
    options: TableOptions<K, NonNullable<V>>,
  ): KTable<K, NonNullable<V>> {
    return this.stored(reduce<K, V>({ store: options.name, reducer }), options)
  }

  /** Folds the values of a key into one of any type. The aggregator's null deletes the row. */
  aggregate<A>(
    initializer: () => A,
    aggregator: (aggregate: A, value: NonNullable<V>, key: K) => A | null,
    options: AggregateOptions<K, A>,
  ): KTable<K, A> {
    return this.stored(aggregate<K, V, A>({ store: options.name, initializer, aggregator }), options)
  }

  /** Folds this stream together with others (see `CogroupedKStream.cogroup`) into one aggregate per key. */
  cogroup<A>(aggregator: (aggregate: A, value: V, key: K) => A | null): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>({ drawn: this.drawn, aggregator })
  }

  /** The same aggregations per window of time. */
  windowedBy(windows: Windows, options: WindowedByOptions = {}): TimeWindowedKStream<K, V> {
    return new TimeWindowedKStream(this.drawn, windows, options)
  }

  private stored<A>(supplier: AnyProcessorSupplier, options: TableOptions<K, A>): KTable<K, A> {
    const { drawing, node } = this.drawn
    const { name } = options
    const table = drawnAt(this.drawn, name, { key: true, value: true }, options)
    const store = tableStore(options, drawing.needSerde(table.keySerde, 'key', name), drawing.needSerde(table.valueSerde, 'value', name))
    drawing.add(tableOperatorNode({ name, parents: [node], stores: [name], store, oldValues: 'own', supplier: () => supplier }))
    return new KTable(table)
  }
}
