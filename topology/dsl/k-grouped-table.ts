/** A table whose rows lie together by another key, about to be aggregated: rows are added, and taken out when they change. */
import { Serdes } from '../../state/index.ts'
import { tableAggregate } from '../operators/table-aggregate.ts'
import type { TableAggregateOptions } from '../operators/table-aggregate.ts'
import { drawnAt, tableOperatorNode } from './drawn.ts'
import type { Drawn } from './drawn.ts'
import type { AggregateOptions } from './k-grouped-stream.ts'
import { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, TableOptions } from './materialized.ts'

export class KGroupedTable<K, V> {
  private readonly drawn: Drawn

  constructor(drawn: Drawn) {
    this.drawn = drawn
  }

  /** How many rows each key has. */
  count(options: Materialized): KTable<K, number> {
    return this.stored({ add: (count) => (count ?? 0) + 1, subtract: (count) => count - 1 }, { ...options, value: Serdes.long })
  }

  /** Folds the rows of a key into one of their own type; the subtractor undoes what the adder did. Null deletes the row. */
  reduce(
    adder: (aggregate: V, value: V) => V | null,
    subtractor: (aggregate: V, value: V) => V | null,
    options: TableOptions<K, V>,
  ): KTable<K, V> {
    return this.stored<V>(
      { add: (aggregate, value) => (aggregate === null ? value : adder(aggregate, value)), subtract: subtractor },
      options,
    )
  }

  /** Folds the rows of a key into one of any type; the subtractor undoes what the adder did. Null deletes the row. */
  aggregate<A>(
    initializer: () => A,
    adder: (aggregate: A, value: V, key: K) => A | null,
    subtractor: (aggregate: A, value: V, key: K) => A | null,
    options: AggregateOptions<K, A>,
  ): KTable<K, A> {
    return this.stored<A>({ add: (aggregate, value, key) => adder(aggregate ?? initializer(), value, key), subtract: subtractor }, options)
  }

  private stored<A>(functions: Pick<TableAggregateOptions<K, V, A>, 'add' | 'subtract'>, options: TableOptions<K, A>): KTable<K, A> {
    const { drawing, node } = this.drawn
    const { name } = options
    const table = drawnAt(this.drawn, name, { key: true, value: true }, options)
    const store = tableStore(options, drawing.needSerde(table.keySerde, 'key', name), drawing.needSerde(table.valueSerde, 'value', name))
    const supplier = tableAggregate<K, V, A>({ store: name, ...functions })
    drawing.add(tableOperatorNode({ name, parents: [node], stores: [name], store, oldValues: 'own', supplier: () => supplier }))
    return new KTable(table)
  }
}
