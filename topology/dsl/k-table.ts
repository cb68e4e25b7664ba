/**
 * A table: the last value of each key. Its changes flow on with old and new value (see `graph/change.ts`). What an
 * operator gives is stored if options with a name are given, else it is a view that is computed when looked at.
 */
import { Stores, type Serde } from '../../state/index.ts'
import { changeSerde } from '../operators/change-serde.ts'
import type { KeyValue } from '../operators/map.ts'
import type { SuppressRule } from '../operators/suppress-rule.ts'
import { suppress, suppressView } from '../operators/suppress.ts'
import { suppressedSerde } from '../operators/suppressed-serde.ts'
import { tableRegroup } from '../operators/table-regroup.ts'
import { tableValues, tableValuesView } from '../operators/table-values.ts'
import { toStream } from '../operators/to-stream.ts'
import { drawnAt, operatorNode, tableOperatorNode } from './drawn.ts'
import type { Drawn } from './drawn.ts'
import { KGroupedTable } from './k-grouped-table.ts'
import { KStream } from './k-stream.ts'
import type { NameOption } from './k-stream.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, TableOptions, Versioned } from './materialized.ts'
import { tableTableJoin } from './table-table-joins.ts'
import type { TableTableJoinOptions } from './table-table-joins.ts'

export interface TableGroupOptions<K, V> {
  /** Of the repartition topic `<name>-repartition`. */
  readonly name: string
  readonly key: Serde<NonNullable<K>>
  readonly value: Serde<NonNullable<V>>
}

export class KTable<K, V> {
  /** For the classes of the DSL. */
  readonly drawn: Drawn
  /** Keeps the types apart: a table of other rows is another type. */
  declare readonly row: readonly [K, V]

  constructor(drawn: Drawn) {
    this.drawn = drawn
  }

  /** The rows that the predicate accepts. With a type predicate the table's type narrows too. */
  filter<VOut extends V>(predicate: (value: V, key: K) => value is VOut, options?: TableOptions<K, VOut> & Versioned): KTable<K, VOut>
  filter(predicate: (value: V, key: K) => boolean, options?: TableOptions<K, V> & Versioned): KTable<K, V>
  filter(predicate: (value: V, key: K) => boolean, options?: TableOptions<K, V> & Versioned): KTable<K, V> {
    return this.values('filter', (value, key) => (predicate(value, key) ? value : null), true, options)
  }

  filterNot(predicate: (value: V, key: K) => boolean, options?: TableOptions<K, V> & Versioned): KTable<K, V> {
    return this.values('filterNot', (value, key) => (predicate(value, key) ? null : value), true, options)
  }

  /** Each row with another value; null takes the row out. */
  mapValues<VOut>(mapper: (value: V, key: K) => VOut | null, options?: TableOptions<K, VOut> & Versioned): KTable<K, VOut> {
    return this.values('mapValues', mapper, false, options)
  }

  /** Rows of the two tables that have the same key; gone when one of them is. */
  join<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: (left: V, right: VOther, key: K) => VOut | null,
    options: TableTableJoinOptions<VOut>,
  ): KTable<K, VOut> {
    return tableTableJoin(this, other, 'inner', joiner as (left: V | null, right: VOther | null, key: K) => VOut | null, options)
  }

  /** As `join`, with every row of this table; null where the other has none. */
  leftJoin<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: (left: V, right: VOther | null, key: K) => VOut | null,
    options: TableTableJoinOptions<VOut>,
  ): KTable<K, VOut> {
    return tableTableJoin(this, other, 'left', joiner as (left: V | null, right: VOther | null, key: K) => VOut | null, options)
  }

  /** As `join`, with every row of both tables. */
  outerJoin<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: (left: V | null, right: VOther | null, key: K) => VOut | null,
    options: TableTableJoinOptions<VOut>,
  ): KTable<K, VOut> {
    return tableTableJoin(this, other, 'outer', joiner, options)
  }

  /**
   * For aggregation of the rows by another key, through the repartition topic `<name>-repartition`. A row for which the mapper
   * gives a null key or value belongs to no group.
   */
  groupBy<KOut, VOut>(
    mapper: (value: V, key: K) => KeyValue<KOut, VOut>,
    options: TableGroupOptions<KOut, VOut>,
  ): KGroupedTable<NonNullable<KOut>, NonNullable<VOut>> {
    const { drawing, node } = this.drawn
    const { name, key: keySerde, value: valueSerde } = options
    const select = `${name}-key`
    const supplier = tableRegroup<K, V, NonNullable<KOut>, NonNullable<VOut>>({
      mapper: (value, key) => {
        const [newKey, newValue] = mapper(value, key)
        return [newKey ?? null, newValue ?? null]
      },
      keySerde,
    })
    drawing.add(operatorNode({ name: select, parents: [node], rekeys: true, parentsOldValues: 'needed', supplier: () => supplier }))
    const partition = drawing.add({
      kind: 'partition',
      name: `${name}-repartition`,
      parents: [select],
      force: true,
      topic: name,
      keySerde,
      valueSerde: changeSerde(valueSerde),
    })
    return new KGroupedTable({ drawing, node: partition, keySerde, valueSerde })
  }

  /**
   * Keeps changes back (see `untilWindowCloses` and `untilTimeLimit`), in a buffer with the name. Nothing in it moves while no
   * records come: its time is that of the records.
   */
  suppress(rule: SuppressRule, options: Pick<Materialized, 'name' | 'changelog'>): KTable<K, V> {
    const { drawing, node, keySerde, valueSerde } = this.drawn
    const { name, changelog } = options
    const key = drawing.needSerde(keySerde, 'key', name)
    const value = suppressedSerde(drawing.needSerde(valueSerde, 'value', name))
    const store = drawing.addStore(Stores.timeOrdered({ name, key, value, ...(changelog !== undefined && { changelog }) }))
    const graceMs = rule.kind === 'window-closes' ? drawing.closesAfterMs(node, name) : 0
    drawing.add(
      tableOperatorNode({
        name,
        parents: [node],
        stores: [store],
        view: suppressView(store),
        oldValues: 'from-parents',
        supplier: () => suppress({ store, keySerde: key, rule, graceMs }),
      }),
    )
    return new KTable(drawnAt(this.drawn, name, { key: true, value: true }))
  }

  /** Every change as a record; null where the row went away. */
  toStream(options: NameOption = {}): KStream<K, V | null> {
    const { drawing, node } = this.drawn
    const name = drawing.nameOf('toStream', options.name)
    drawing.add(operatorNode({ name, parents: [node], supplier: () => toStream() }))
    return new KStream(drawnAt(this.drawn, name, { key: true, value: true }))
  }

  private values<VOut>(
    operator: string,
    compute: (value: V, key: K) => VOut | null,
    isFilter: boolean,
    options: (TableOptions<K, VOut> & Versioned) | undefined,
  ): KTable<K, VOut> {
    const { drawing, node } = this.drawn
    const name = drawing.nameOf(`table-${operator}`, options?.name)
    const table = drawnAt(this.drawn, name, { key: true, value: isFilter }, options)
    const stored = options && {
      stores: [name],
      store: tableStore(options, drawing.needSerde(table.keySerde, 'key', name), drawing.needSerde(table.valueSerde, 'value', name)),
    }
    drawing.add(
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
    return new KTable(table)
  }
}
