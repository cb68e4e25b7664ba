import { Serdes } from '../../state/index.ts'
import { tableAggregate } from '../operators/index.ts'
import type { TableAggregateOptions } from '../operators/index.ts'
import type { AggregateOptions } from './k-grouped-stream.ts'
import type { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, TableOptions } from './materialized.ts'
import { outputOf } from './node-output.ts'
import type { NodeOutput } from './node-output.ts'
import { tableOperatorNode } from './operator-nodes.ts'

/** A table whose rows are partitioned by another key, ready to be aggregated: a row that changes is subtracted, then added. */
export class KGroupedTable<K, V> {
  readonly #input: NodeOutput

  constructor(input: NodeOutput) {
    this.#input = input
  }

  /** The number of rows per key. */
  count(options: Materialized): KTable<K, number> {
    return this.#stored({ add: (count) => (count ?? 0) + 1, subtract: (count) => count - 1 }, { ...options, value: Serdes.long })
  }

  /** Folds the rows of a key into one of the same type; the subtractor must undo the adder. Null deletes the row. */
  reduce(
    adder: (aggregate: V, value: V) => V | null,
    subtractor: (aggregate: V, value: V) => V | null,
    options: TableOptions<K, V>,
  ): KTable<K, V> {
    return this.#stored<V>(
      { add: (aggregate, value) => (aggregate === null ? value : adder(aggregate, value)), subtract: subtractor },
      options,
    )
  }

  /** Folds the rows of a key into one of any type; the subtractor must undo the adder. Null deletes the row. */
  aggregate<A>(
    initializer: () => A,
    adder: (aggregate: A, value: V, key: K) => A | null,
    subtractor: (aggregate: A, value: V, key: K) => A | null,
    options: AggregateOptions<K, A>,
  ): KTable<K, A> {
    return this.#stored<A>({ add: (aggregate, value, key) => adder(aggregate ?? initializer(), value, key), subtract: subtractor }, options)
  }

  #stored<A>(functions: Pick<TableAggregateOptions<K, V, A>, 'add' | 'subtract'>, options: TableOptions<K, A>): KTable<K, A> {
    const { builder, node } = this.#input
    const { name } = options
    const table = outputOf(name, this.#input, { key: true, value: true }, options)
    const store = tableStore(
      options,
      builder.requireSerde(table.keySerde, 'key', name),
      builder.requireSerde(table.valueSerde, 'value', name),
    )
    builder.add(
      tableOperatorNode({
        name,
        parents: [node],
        stores: [name],
        store,
        oldValues: 'own',
        supplier: (plan) => tableAggregate<K, V, A>({ store: name, ...functions }, plan),
      }),
    )
    return builder.make.table(table)
  }
}
