/**
 * A stream of records, each a fact of its own. Methods describe what is to happen to it and give the stream that comes out;
 * nothing runs. Functions get (value, key), the subject first. A key may be null at run time even where its type says K: what
 * needs a key leaves such records out, with a count by reason.
 */
import type { Serde, StoreSpec } from '../../state/index.ts'
import type { StreamPartitioner } from '../graph/topology.ts'
import type { AnyProcessorSupplier } from '../graph/logical-graph.ts'
import { filter } from '../operators/filter.ts'
import { flatMapValues } from '../operators/flat-map-values.ts'
import { flatMap } from '../operators/flat-map.ts'
import { forEach } from '../operators/for-each.ts'
import { mapValues } from '../operators/map-values.ts'
import { map } from '../operators/map.ts'
import type { KeyValue } from '../operators/map.ts'
import { passThrough } from '../operators/pass-through.ts'
import { peek } from '../operators/peek.ts'
import { selectKey } from '../operators/select-key.ts'
import type { ProcessorSupplier, Record } from '../processor.ts'
import { BranchedKStream } from './branched-k-stream.ts'
import { drawnAt, operatorNode } from './drawn.ts'
import type { Drawn } from './drawn.ts'
import type { GlobalKTable } from './global-k-table.ts'
import { KGroupedStream } from './k-grouped-stream.ts'
import type { KTable } from './k-table.ts'
import { tableFromStream } from './stream-to-table.ts'
import type { TableOptions, Versioned } from './materialized.ts'
import { streamGlobalTableJoin, streamTableJoin } from './stream-table-joins.ts'
import type { GlobalJoinOptions, TableJoinOptions } from './stream-table-joins.ts'
import { streamStreamJoin } from './stream-stream-joins.ts'
import type { StreamJoinOptions } from './stream-stream-joins.ts'

export interface NameOption {
  /** Shows in `describe()` and in metrics; default: the operator with a number. */
  readonly name?: string
}

export interface ValueOptions<V> extends NameOption {
  /** Serde of the new values, for what writes them further down. */
  readonly value?: Serde<NonNullable<V>>
}

export interface KeyValueOptions<K, V> extends ValueOptions<V> {
  readonly key?: Serde<NonNullable<K>>
}

export interface GroupOptions<K, V> extends KeyValueOptions<K, V> {
  /** Of the repartition topic `<name>-repartition`. */
  readonly name: string
}

export interface RepartitionOptions<K, V> extends GroupOptions<K, V> {
  /** Default: as many as the largest topic above has. */
  readonly partitions?: number
}

export interface ToOptions<K, V> extends KeyValueOptions<K, V> {
  /** Default: Kafka's murmur2 of the key's bytes. */
  readonly partitioner?: StreamPartitioner
}

export interface ProcessOptions<K, V> extends KeyValueOptions<K, V> {
  readonly name: string
  /** Specs of the processor's stores, or names of those that `addStateStore` or a table brings in. */
  readonly stores?: readonly (StoreSpec | string)[]
}

export class KStream<K, V> {
  /** For the classes of the DSL. */
  readonly drawn: Drawn

  constructor(drawn: Drawn) {
    this.drawn = drawn
  }

  /** With a type predicate the stream's type narrows too. */
  filter<VOut extends V>(predicate: (value: V, key: K) => value is VOut, options?: NameOption): KStream<K, VOut>
  filter(predicate: (value: V, key: K) => boolean, options?: NameOption): KStream<K, V>
  filter(predicate: (value: V, key: K) => boolean, options: NameOption = {}): KStream<K, V> {
    return this.next('filter', filter(predicate), options, KEEPS_BOTH)
  }

  filterNot(predicate: (value: V, key: K) => boolean, options: NameOption = {}): KStream<K, V> {
    return this.next(
      'filterNot',
      filter<K, V>((value, key) => !predicate(value, key)),
      options,
      KEEPS_BOTH,
    )
  }

  map<KOut, VOut>(mapper: (value: V, key: K) => KeyValue<KOut, VOut>, options: KeyValueOptions<KOut, VOut> = {}): KStream<KOut, VOut> {
    return this.next('map', map(mapper), options, NEW_RECORDS)
  }

  mapValues<VOut>(mapper: (value: V, key: K) => VOut, options: ValueOptions<VOut> = {}): KStream<K, VOut> {
    return this.next('mapValues', mapValues(mapper), options, NEW_VALUES)
  }

  flatMap<KOut, VOut>(
    mapper: (value: V, key: K) => Iterable<KeyValue<KOut, VOut>>,
    options: KeyValueOptions<KOut, VOut> = {},
  ): KStream<KOut, VOut> {
    return this.next('flatMap', flatMap(mapper), options, NEW_RECORDS)
  }

  flatMapValues<VOut>(mapper: (value: V, key: K) => Iterable<VOut>, options: ValueOptions<VOut> = {}): KStream<K, VOut> {
    return this.next('flatMapValues', flatMapValues(mapper), options, NEW_VALUES)
  }

  selectKey<KOut>(
    mapper: (value: V, key: K) => KOut,
    options: NameOption & { readonly key?: Serde<NonNullable<KOut>> } = {},
  ): KStream<KOut, V> {
    return this.next('selectKey', selectKey(mapper), options, NEW_KEYS)
  }

  peek(look: (value: V, key: K) => void, options: NameOption = {}): KStream<K, V> {
    return this.next('peek', peek(look), options, KEEPS_BOTH)
  }

  forEach(act: (value: V, key: K) => void, options: NameOption = {}): void {
    this.next('forEach', forEach(act), options, KEEPS_BOTH)
  }

  /** Each record goes to the first branch whose predicate accepts it. */
  split(options: NameOption = {}): BranchedKStream<K, V> {
    return new BranchedKStream(this.drawn, this.drawn.drawing.nameOf('split', options.name))
  }

  /** Both streams as one; nothing is promised about the order between them. */
  merge<VOther>(other: KStream<K, VOther>, options: NameOption = {}): KStream<K, V | VOther> {
    const { drawing, node, keySerde, valueSerde } = this.drawn
    const name = drawing.nameOf('merge', options.name)
    drawing.add(operatorNode({ name, parents: [node, other.drawn.node], supplier: () => passThrough() }))
    const same = { key: keySerde === other.drawn.keySerde, value: valueSerde === other.drawn.valueSerde }
    return new KStream(drawnAt(this.drawn, name, same))
  }

  /** Through a topic of its own, so that records lie in the partition of their key and sub-topologies are cut here. */
  repartition(options: RepartitionOptions<K, V>): KStream<K, V> {
    return this.partitioned({ ...options, force: true })
  }

  /** Writes to a topic, or to the one that the function picks for a record. */
  to(topic: string | ((record: Record<K, V>) => string), options: ToOptions<K, V> = {}): void {
    const { drawing, node } = this.drawn
    const name = options.name ?? drawing.nameOf(typeof topic === 'string' ? `to-${topic}` : 'to')
    const { keySerde, valueSerde } = drawnAt(this.drawn, name, KEEPS_BOTH, options)
    drawing.add({
      kind: 'sink',
      name,
      parents: [node],
      topic: topic as string | ((record: Record<unknown, unknown>) => string),
      ...(keySerde && { keySerde }),
      ...(valueSerde && { valueSerde }),
      ...(options.partitioner && { partitioner: options.partitioner }),
    })
  }

  /** The stream read as upserts; null deletes. Repartitioned first where the key has changed. */
  toTable(options: TableOptions<NonNullable<K>, NonNullable<V>> & Versioned): KTable<NonNullable<K>, NonNullable<V>> {
    return tableFromStream(this, options)
  }

  /** For aggregation by the key there is. Behind a changed key a name for the repartition topic is needed. */
  groupByKey(options: KeyValueOptions<K, V> = {}): KGroupedStream<NonNullable<K>, V> {
    return new KGroupedStream(this.partitioned({ ...options, force: false }).drawn)
  }

  /** For aggregation by another key, through the repartition topic `<name>-repartition`. */
  groupBy<KOut>(keyOf: (value: V, key: K) => KOut, options: GroupOptions<KOut, V>): KGroupedStream<NonNullable<KOut>, V> {
    const { name, key } = options
    return this.selectKey(keyOf, { name: `${name}-key`, ...(key && { key }) }).groupByKey(options)
  }

  /** Brings together records of two streams that have the same key and lie within the window. */
  join<VOther, VOut>(
    other: KStream<K, VOther>,
    joiner: (left: NonNullable<V>, right: NonNullable<VOther>, key: K) => VOut,
    options: StreamJoinOptions<K, V, VOther, VOut>,
  ): KStream<K, VOut> {
    return streamStreamJoin(
      this,
      other,
      'inner',
      joiner as (left: NonNullable<V> | null, right: NonNullable<VOther> | null, key: K) => VOut,
      options,
    )
  }

  /** As `join`; a record of this stream that found none by the end of its window comes out with null. */
  leftJoin<VOther, VOut>(
    other: KStream<K, VOther>,
    joiner: (left: NonNullable<V>, right: NonNullable<VOther> | null, key: K) => VOut,
    options: StreamJoinOptions<K, V, VOther, VOut>,
  ): KStream<K, VOut> {
    return streamStreamJoin(
      this,
      other,
      'left',
      joiner as (left: NonNullable<V> | null, right: NonNullable<VOther> | null, key: K) => VOut,
      options,
    )
  }

  /** As `join`; a record of either stream that found none by the end of its window comes out with null. */
  outerJoin<VOther, VOut>(
    other: KStream<K, VOther>,
    joiner: (left: NonNullable<V> | null, right: NonNullable<VOther> | null, key: K) => VOut,
    options: StreamJoinOptions<K, V, VOther, VOut>,
  ): KStream<K, VOut> {
    return streamStreamJoin(this, other, 'outer', joiner, options)
  }

  /** Looks each record's key up in the table; records without a row there are left out. */
  joinTable<VTable, VOut>(
    table: KTable<NonNullable<K>, VTable>,
    joiner: (value: NonNullable<V>, row: VTable, key: K) => VOut,
    options: TableJoinOptions<K, V, VOut>,
  ): KStream<K, VOut> {
    return streamTableJoin(this, table, 'inner', joiner as (value: NonNullable<V>, row: VTable | null, key: K) => VOut, options)
  }

  /** As `joinTable`, with null where there is no row. */
  leftJoinTable<VTable, VOut>(
    table: KTable<NonNullable<K>, VTable>,
    joiner: (value: NonNullable<V>, row: VTable | null, key: K) => VOut,
    options: TableJoinOptions<K, V, VOut>,
  ): KStream<K, VOut> {
    return streamTableJoin(this, table, 'left', joiner, options)
  }

  /** Looks a key made from each record up in a global table, which needs no co-partitioning. */
  joinGlobalTable<KRow, VTable, VOut>(
    table: GlobalKTable<KRow, VTable>,
    keyOf: (value: V, key: K) => KRow | null,
    joiner: (value: NonNullable<V>, row: VTable, key: K) => VOut,
    options: GlobalJoinOptions<VOut> = {},
  ): KStream<K, VOut> {
    return streamGlobalTableJoin(this, table, 'inner', keyOf, joiner as (value: V, row: VTable | null, key: K) => VOut, options)
  }

  /** As `joinGlobalTable`, with null where there is no row. */
  leftJoinGlobalTable<KRow, VTable, VOut>(
    table: GlobalKTable<KRow, VTable>,
    keyOf: (value: V, key: K) => KRow | null,
    joiner: (value: V, row: VTable | null, key: K) => VOut,
    options: GlobalJoinOptions<VOut> = {},
  ): KStream<K, VOut> {
    return streamGlobalTableJoin(this, table, 'left', keyOf, joiner, options)
  }

  /** Hands records to a processor of one's own, which may give them another key. */
  process<KOut, VOut>(supplier: ProcessorSupplier<K, V, KOut, VOut>, options: ProcessOptions<KOut, VOut>): KStream<KOut, VOut> {
    return this.processed(supplier, options, NEW_RECORDS)
  }

  /** Hands records to a processor that keeps their keys: no repartition follows from it. */
  processValues<VOut>(supplier: ProcessorSupplier<K, V, K, VOut>, options: Omit<ProcessOptions<K, VOut>, 'key'>): KStream<K, VOut> {
    return this.processed(supplier, options, NEW_VALUES)
  }

  private processed<KOut, VOut>(supplier: AnyProcessorSupplier, options: ProcessOptions<KOut, VOut>, keeps: Keeps): KStream<KOut, VOut> {
    const { drawing, node } = this.drawn
    const stores = (options.stores ?? []).map((store) => drawing.addStore(store))
    drawing.add(operatorNode({ name: options.name, parents: [node], rekeys: !keeps.key, stores, supplier: () => supplier }))
    return new KStream(drawnAt(this.drawn, options.name, keeps, options))
  }

  private next<KOut, VOut>(
    operator: string,
    supplier: AnyProcessorSupplier,
    options: KeyValueOptions<KOut, VOut>,
    keeps: Keeps,
  ): KStream<KOut, VOut> {
    const { drawing, node } = this.drawn
    const name = drawing.nameOf(operator, options.name)
    drawing.add(operatorNode({ name, parents: [node], rekeys: !keeps.key, supplier: () => supplier }))
    return new KStream(drawnAt(this.drawn, name, keeps, options))
  }

  /** For the classes of the DSL: this stream, partitioned by its key. */
  partitioned(options: KeyValueOptions<K, V> & { readonly force: boolean; readonly partitions?: number }): KStream<K, V> {
    const { drawing, node } = this.drawn
    const { name: topic, force, partitions } = options
    const name = topic === undefined ? drawing.nameOf('partition') : `${topic}-repartition`
    const at = drawnAt(this.drawn, name, KEEPS_BOTH, options)
    drawing.add({
      kind: 'partition',
      name,
      parents: [node],
      force,

      ...(topic !== undefined && { topic }),
      ...(partitions !== undefined && { partitions }),
      ...(at.keySerde && { keySerde: at.keySerde }),
      ...(at.valueSerde && { valueSerde: at.valueSerde }),
    })
    return new KStream(at)
  }
}

interface Keeps {
  readonly key: boolean
  readonly value: boolean
}

const KEEPS_BOTH: Keeps = { key: true, value: true }
const NEW_VALUES: Keeps = { key: true, value: false }
const NEW_KEYS: Keeps = { key: false, value: true }
const NEW_RECORDS: Keeps = { key: false, value: false }
