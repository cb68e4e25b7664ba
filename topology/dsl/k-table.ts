import { Stores } from '../../state/index.ts'
import type { Compression, Serde } from '../../state/index.ts'
import {
  changeSerde,
  suppress,
  suppressedSerde,
  suppressView,
  tableRegroup,
  tableValues,
  tableValuesView,
  toStream,
} from '../operators/index.ts'
import type { KeyValue, SuppressRule } from '../operators/index.ts'
import type { KGroupedTable } from './k-grouped-table.ts'
import type { KStream, NameOption } from './k-stream.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, TableOptions, Versioned } from './materialized.ts'
import { outputOf } from './node-output.ts'
import type { NodeOutput } from './node-output.ts'
import { operatorNode, tableOperatorNode } from './operator-nodes.ts'
import { tableTableJoin } from './table-table-joins.ts'
import type { TableTableJoinOptions } from './table-table-joins.ts'

export interface TableGroupOptions<K, V> {
  /** Names the repartition topic `<name>-repartition`. */
  readonly name: string
  readonly key: Serde<NonNullable<K>>
  readonly value: Serde<NonNullable<V>>
  /** How batches for the repartition topic are compressed. Default: `StreamsOptions.compression`. */
  readonly compression?: Compression
}

/**
 * A table: the latest value of each key. Its changes are forwarded with old and new value (see `Change`). The result of an operator
 * is stored if options with a name are given; otherwise it is a view that is computed on lookup.
 */
export class KTable<K, V> {
  /** For the classes of the DSL. */
  readonly output: NodeOutput
  /** Makes tables of different rows different types. */
  declare readonly row: readonly [K, V]

  constructor(output: NodeOutput) {
    this.output = output
  }

  /** The rows that the predicate accepts. A type predicate also narrows the table's type. */
  filter<VOut extends V>(predicate: (value: V, key: K) => value is VOut, options?: TableOptions<K, VOut> & Versioned): KTable<K, VOut>
  filter(predicate: (value: V, key: K) => boolean, options?: TableOptions<K, V> & Versioned): KTable<K, V>
  filter(predicate: (value: V, key: K) => boolean, options?: TableOptions<K, V> & Versioned): KTable<K, V> {
    return this.#values('filter', (value, key) => (predicate(value, key) ? value : null), true, options)
  }

  filterNot(predicate: (value: V, key: K) => boolean, options?: TableOptions<K, V> & Versioned): KTable<K, V> {
    return this.#values('filterNot', (value, key) => (predicate(value, key) ? null : value), true, options)
  }

  /** Each row with a new value; null deletes the row. */
  mapValues<VOut>(mapper: (value: V, key: K) => VOut | null, options?: TableOptions<K, VOut> & Versioned): KTable<K, VOut> {
    return this.#values('mapValues', mapper, false, options)
  }

  /** Joins rows of two tables that have the same key. A joined row is deleted when either of them is. */
  join<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: (left: V, right: VOther, key: K) => VOut | null,
    options: TableTableJoinOptions<VOut>,
  ): KTable<K, VOut> {
    return tableTableJoin(this, other, 'inner', joiner as (left: V | null, right: VOther | null, key: K) => VOut | null, options)
  }

  /** Like `join`, with every row of this table; null if the other table has no row. */
  leftJoin<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: (left: V, right: VOther | null, key: K) => VOut | null,
    options: TableTableJoinOptions<VOut>,
  ): KTable<K, VOut> {
    return tableTableJoin(this, other, 'left', joiner as (left: V | null, right: VOther | null, key: K) => VOut | null, options)
  }

  /** Like `join`, with every row of both tables. */
  outerJoin<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: (left: V | null, right: VOther | null, key: K) => VOut | null,
    options: TableTableJoinOptions<VOut>,
  ): KTable<K, VOut> {
    return tableTableJoin(this, other, 'outer', joiner, options)
  }

  /**
   * For aggregation of the rows by another key, through the repartition topic `<name>-repartition`. A row that is mapped to a null
   * key or value belongs to no group.
   */
  groupBy<KOut, VOut>(
    mapper: (value: V, key: K) => KeyValue<KOut, VOut>,
    options: TableGroupOptions<KOut, VOut>,
  ): KGroupedTable<NonNullable<KOut>, NonNullable<VOut>> {
    const { builder, node } = this.output
    const { name, key: keySerde, value: valueSerde, compression } = options
    const select = `${name}-key`
    const supplier = tableRegroup<K, V, NonNullable<KOut>, NonNullable<VOut>>({
      mapper: (value, key) => {
        const [newKey, newValue] = mapper(value, key)
        return [newKey ?? null, newValue ?? null]
      },
      keySerde,
    })
    builder.add(operatorNode({ name: select, parents: [node], rekeys: true, parentsOldValues: 'needed', supplier: () => supplier }))
    const partition = builder.add({
      kind: 'partition',
      name: `${name}-repartition`,
      parents: [select],
      force: true,
      topic: name,
      keySerde,
      valueSerde: changeSerde(valueSerde),
      ...(compression !== undefined && { compression }),
    })
    return builder.make.groupedTable({ builder, node: partition, keySerde, valueSerde })
  }

  /**
   * Holds changes back (see `untilWindowCloses` and `untilTimeLimit`) in a store of this name. It follows stream time, so it emits
   * nothing while no records arrive.
   */
  suppress(rule: SuppressRule, options: Pick<Materialized, 'name' | 'changelog' | 'compression'>): KTable<K, V> {
    const { builder, node, keySerde, valueSerde } = this.output
    const { name, changelog, compression } = options
    const key = builder.requireSerde(keySerde, 'key', name)
    const value = suppressedSerde(builder.requireSerde(valueSerde, 'value', name))
    const store = builder.addStore(
      Stores.timeOrdered({
        name,
        key,
        value,
        ...(changelog !== undefined && { changelog }),
        ...(compression !== undefined && { compression }),
      }),
    )
    const graceMs = rule.kind === 'window-closes' ? builder.closesAfterMs(node, name) : 0
    builder.add(
      tableOperatorNode({
        name,
        parents: [node],
        stores: [store],
        holdsBack: true,
        view: suppressView(store),
        oldValues: 'from-parents',
        supplier: () => suppress({ store, keySerde: key, rule, graceMs }),
      }),
    )
    return builder.make.table(outputOf(name, this.output, { key: true, value: true }))
  }

  /** Every change as a record; null for a deleted row. */
  toStream(options: NameOption = {}): KStream<K, V | null> {
    const { builder, node } = this.output
    const name = builder.nameOf('toStream', options.name)
    builder.add(operatorNode({ name, parents: [node], supplier: () => toStream() }))
    return builder.make.stream(outputOf(name, this.output, { key: true, value: true }))
  }

  #values<VOut>(
    operator: string,
    compute: (value: V, key: K) => VOut | null,
    isFilter: boolean,
    options: (TableOptions<K, VOut> & Versioned) | undefined,
  ): KTable<K, VOut> {
    const { builder, node } = this.output
    const name = builder.nameOf(`table-${operator}`, options?.name)
    const table = outputOf(name, this.output, { key: true, value: isFilter }, options)
    const stored = options && {
      stores: [name],
      store: tableStore(options, builder.requireSerde(table.keySerde, 'key', name), builder.requireSerde(table.valueSerde, 'value', name)),
    }
    builder.add(
      tableOperatorNode({
        name,
        parents: [node],
        ...stored,
        view: tableValuesView(compute),
        oldValues: options === undefined ? 'from-parents' : 'own',
        parentsOldValues: isFilter ? 'if-known' : 'unused',
        supplier: (plan) => tableValues({ compute, skipsNulls: isFilter, store: options?.name }, plan),
      }),
    )
    return builder.make.table(table)
  }
}
