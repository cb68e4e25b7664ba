import { Serdes } from '../../state/index.ts'
import type { Serde } from '../../state/index.ts'
import type { AnyProcessorSupplier } from '../graph/index.ts'
import { aggregate, reduce } from '../operators/index.ts'
import type { OperatorPlan } from '../operators/index.ts'
import type { CogroupedKStream } from './cogrouped-k-stream.ts'
import type { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, TableOptions } from './materialized.ts'
import { outputOf } from './node-output.ts'
import type { NodeOutput } from './node-output.ts'
import { tableOperatorNode } from './operator-nodes.ts'
import type { TimeWindowedKStream, WindowedByOptions } from './time-windowed-k-stream.ts'
import type { Windows } from './window-table.ts'

export interface AggregateOptions<K, A> extends TableOptions<K, A> {
  readonly value: Serde<A>
}

/** A stream whose records are partitioned by key, ready to be aggregated. */
export class KGroupedStream<K, V> {
  /** For the classes of the DSL. */
  readonly output: NodeOutput
  /** Makes streams of different records different types. */
  declare readonly record: readonly [K, V]

  constructor(output: NodeOutput) {
    this.output = output
  }

  /** The number of records per key. */
  count(options: Materialized & { readonly key?: Serde<K> }): KTable<K, number> {
    const counting = { store: options.name, initializer: () => 0, aggregator: (count: number) => count + 1 }
    return this.#stored((plan) => aggregate<K, V, number>(counting, plan), { ...options, value: Serdes.long })
  }

  /** Folds the values of a key into one of the same type. The reducer may change the aggregate in place; null deletes the row. */
  reduce(
    reducer: (aggregate: NonNullable<V>, value: NonNullable<V>) => NonNullable<V> | null,
    options: TableOptions<K, NonNullable<V>>,
  ): KTable<K, NonNullable<V>> {
    return this.#stored((plan) => reduce<K, V>({ store: options.name, reducer }, plan), options)
  }

  /** Folds the values of a key into one of any type. The aggregator may change the aggregate in place; null deletes the row. */
  aggregate<A>(
    initializer: () => A,
    aggregator: (aggregate: A, value: NonNullable<V>, key: K) => A | null,
    options: AggregateOptions<K, A>,
  ): KTable<K, A> {
    return this.#stored((plan) => aggregate<K, V, A>({ store: options.name, initializer, aggregator }, plan), options)
  }

  /** Folds this stream and others (see `CogroupedKStream.cogroup`) into one aggregate per key. */
  cogroup<A>(aggregator: (aggregate: A, value: V, key: K) => A | null): CogroupedKStream<K, A> {
    return this.output.builder.make.cogroupedStream<K, A>({ input: this.output, aggregator })
  }

  /** The same aggregations per key and window. */
  windowedBy(windows: Windows, options: WindowedByOptions = {}): TimeWindowedKStream<K, V> {
    return this.output.builder.make.windowedStream(this.output, windows, options)
  }

  #stored<A>(supplier: (plan: OperatorPlan) => AnyProcessorSupplier, options: TableOptions<K, A>): KTable<K, A> {
    const { builder, node } = this.output
    const { name } = options
    const table = outputOf(name, this.output, { key: true, value: true }, options)
    const store = tableStore(
      options,
      builder.requireSerde(table.keySerde, 'key', name),
      builder.requireSerde(table.valueSerde, 'value', name),
    )
    builder.add(tableOperatorNode({ name, parents: [node], stores: [name], store, oldValues: 'own', supplier }))
    return builder.make.table(table)
  }
}
