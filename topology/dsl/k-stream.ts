import type { Compression, Serde, StoreSpec } from '../../state/index.ts'
import type { AnyProcessorSupplier, StreamPartitioner } from '../graph/index.ts'
import { filter, flatMap, flatMapValues, forEach, map, mapValues, passThrough, peek, selectKey } from '../operators/index.ts'
import type { KeyValue } from '../operators/index.ts'
import type { ProcessorSupplier, Record } from '../processor.ts'
import type { BranchedKStream } from './branched-k-stream.ts'
import type { GlobalKTable } from './global-k-table.ts'
import type { KGroupedStream } from './k-grouped-stream.ts'
import type { KTable } from './k-table.ts'
import type { TableOptions, Versioned } from './materialized.ts'
import { outputOf } from './node-output.ts'
import type { Keeps, NodeOutput } from './node-output.ts'
import { operatorNode } from './operator-nodes.ts'
import { streamStreamJoin } from './stream-stream-joins.ts'
import type { StreamJoinOptions } from './stream-stream-joins.ts'
import { streamGlobalTableJoin, streamTableJoin } from './stream-table-joins.ts'
import type { GlobalJoinOptions, TableJoinOptions } from './stream-table-joins.ts'
import { tableFromStream } from './stream-to-table.ts'

export interface NameOption {
  /** Appears in `describe()` and in metrics. Default: the operator's name and a number. */
  readonly name?: string
}

export interface ValueOptions<V> extends NameOption {
  /** Serde of the new values, for the topics and stores downstream. */
  readonly value?: Serde<NonNullable<V>>
}

export interface KeyValueOptions<K, V> extends ValueOptions<V> {
  readonly key?: Serde<NonNullable<K>>
}

export interface GroupOptions<K, V> extends KeyValueOptions<K, V> {
  /** Names the repartition topic `<name>-repartition`. */
  readonly name: string
  /** How batches for the repartition topic are compressed. Default: `StreamsOptions.compression`. */
  readonly compression?: Compression
}

export interface RepartitionOptions<K, V> extends GroupOptions<K, V> {
  /** Default: as many as the largest topic upstream. */
  readonly partitions?: number
}

export interface ToOptions<K, V> extends KeyValueOptions<K, V> {
  /** Default: Kafka's murmur2 of the serialized key. */
  readonly partitioner?: StreamPartitioner
  /**
   * How batches for the topic are compressed. Default: `StreamsOptions.compression`, else none. Sinks of a sub-topology that write to the same
   * topic share its batches: the first one's setting holds.
   */
  readonly compression?: Compression
}

export interface ProcessOptions<K, V> extends KeyValueOptions<K, V> {
  readonly name: string
  /** Specs of the processor's stores, or names of stores declared by `addStateStore` or by a table. */
  readonly stores?: readonly (StoreSpec | string)[]
}

/**
 * A stream of independent records. Methods describe the topology and return the resulting stream; nothing runs. Callbacks receive
 * (value, key). A key may be null at run time even though its type is K: operators that need a key drop such records with a
 * reason code.
 */
export class KStream<K, V> {
  /** For the classes of the DSL. */
  readonly output: NodeOutput

  constructor(output: NodeOutput) {
    this.output = output
  }

  /** A type predicate also narrows the stream's type. */
  filter<VOut extends V>(predicate: (value: V, key: K) => value is VOut, options?: NameOption): KStream<K, VOut>
  filter(predicate: (value: V, key: K) => boolean, options?: NameOption): KStream<K, V>
  filter(predicate: (value: V, key: K) => boolean, options: NameOption = {}): KStream<K, V> {
    return this.#next('filter', filter(predicate), options, KEEPS_BOTH)
  }

  filterNot(predicate: (value: V, key: K) => boolean, options: NameOption = {}): KStream<K, V> {
    return this.#next(
      'filterNot',
      filter<K, V>((value, key) => !predicate(value, key)),
      options,
      KEEPS_BOTH,
    )
  }

  map<KOut, VOut>(mapper: (value: V, key: K) => KeyValue<KOut, VOut>, options: KeyValueOptions<KOut, VOut> = {}): KStream<KOut, VOut> {
    return this.#next('map', map(mapper), options, NEW_RECORDS)
  }

  mapValues<VOut>(mapper: (value: V, key: K) => VOut, options: ValueOptions<VOut> = {}): KStream<K, VOut> {
    return this.#next('mapValues', mapValues(mapper), options, NEW_VALUES)
  }

  flatMap<KOut, VOut>(
    mapper: (value: V, key: K) => Iterable<KeyValue<KOut, VOut>>,
    options: KeyValueOptions<KOut, VOut> = {},
  ): KStream<KOut, VOut> {
    return this.#next('flatMap', flatMap(mapper), options, NEW_RECORDS)
  }

  flatMapValues<VOut>(mapper: (value: V, key: K) => Iterable<VOut>, options: ValueOptions<VOut> = {}): KStream<K, VOut> {
    return this.#next('flatMapValues', flatMapValues(mapper), options, NEW_VALUES)
  }

  selectKey<KOut>(
    mapper: (value: V, key: K) => KOut,
    options: NameOption & { readonly key?: Serde<NonNullable<KOut>> } = {},
  ): KStream<KOut, V> {
    return this.#next('selectKey', selectKey(mapper), options, NEW_KEYS)
  }

  peek(action: (value: V, key: K) => void, options: NameOption = {}): KStream<K, V> {
    return this.#next('peek', peek(action), options, KEEPS_BOTH)
  }

  forEach(action: (value: V, key: K) => void, options: NameOption = {}): void {
    this.#next('forEach', forEach(action), options, KEEPS_BOTH)
  }

  /** Sends each record to the first branch whose predicate accepts it. */
  split(options: NameOption = {}): BranchedKStream<K, V> {
    return this.output.builder.make.branchedStream(this.output, this.output.builder.nameOf('split', options.name))
  }

  /** Both streams as one, without an order between them. */
  merge<VOther>(other: KStream<K, VOther>, options: NameOption = {}): KStream<K, V | VOther> {
    const { builder, node, keySerde, valueSerde } = this.output
    const name = builder.nameOf('merge', options.name)
    builder.add(operatorNode({ name, parents: [node, other.output.node], supplier: () => passThrough() }))
    const same = { key: keySerde === other.output.keySerde, value: valueSerde === other.output.valueSerde }
    return builder.make.stream(outputOf(name, this.output, same))
  }

  /** Writes to a repartition topic and reads from it, so that records are partitioned by key and a new sub-topology starts here. */
  repartition(options: RepartitionOptions<K, V>): KStream<K, V> {
    return this.partitioned({ ...options, force: true })
  }

  /** Writes to a topic, or to the one that the function returns for each record. */
  to(topic: string | ((record: Record<K, V>) => string), options: ToOptions<K, V> = {}): void {
    const { builder, node } = this.output
    const name = options.name ?? builder.nameOf(typeof topic === 'string' ? `to-${topic}` : 'to')
    const { keySerde, valueSerde } = outputOf(name, this.output, KEEPS_BOTH, options)
    builder.add({
      kind: 'sink',
      name,
      parents: [node],
      topic: topic as string | ((record: Record<unknown, unknown>) => string),
      ...(keySerde && { keySerde }),
      ...(valueSerde && { valueSerde }),
      ...(options.partitioner && { partitioner: options.partitioner }),
      ...(options.compression !== undefined && { compression: options.compression }),
    })
  }

  /** The stream read as upserts; null deletes. Repartitioned first if the key has changed. */
  toTable(options: TableOptions<NonNullable<K>, NonNullable<V>> & Versioned): KTable<NonNullable<K>, NonNullable<V>> {
    return tableFromStream(this, options)
  }

  /** For aggregation by the current key. Needs a name for the repartition topic if the key has changed. */
  groupByKey(options: KeyValueOptions<K, V> & Pick<Partial<GroupOptions<K, V>>, 'compression'> = {}): KGroupedStream<NonNullable<K>, V> {
    return this.output.builder.make.groupedStream(this.partitioned({ ...options, force: false }).output)
  }

  /** For aggregation by another key, through the repartition topic `<name>-repartition`. */
  groupBy<KOut>(keyOf: (value: V, key: K) => KOut, options: GroupOptions<KOut, V>): KGroupedStream<NonNullable<KOut>, V> {
    const { name, key } = options
    return this.selectKey(keyOf, { name: `${name}-key`, ...(key && { key }) }).groupByKey(options)
  }

  /** Pairs records of two streams that have the same key and are within the window. */
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

  /** Like `join`; a record of this stream without a partner by the end of its window is joined with null. */
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

  /** Like `join`; a record of either stream without a partner by the end of its window is joined with null. */
  outerJoin<VOther, VOut>(
    other: KStream<K, VOther>,
    joiner: (left: NonNullable<V> | null, right: NonNullable<VOther> | null, key: K) => VOut,
    options: StreamJoinOptions<K, V, VOther, VOut>,
  ): KStream<K, VOut> {
    return streamStreamJoin(this, other, 'outer', joiner, options)
  }

  /** Looks each record's key up in the table; a record without a row produces no output. */
  joinTable<VTable, VOut>(
    table: KTable<NonNullable<K>, VTable>,
    joiner: (value: NonNullable<V>, row: VTable, key: K) => VOut,
    options: TableJoinOptions<K, V, VOut>,
  ): KStream<K, VOut> {
    return streamTableJoin(this, table, 'inner', joiner as (value: NonNullable<V>, row: VTable | null, key: K) => VOut, options)
  }

  /** Like `joinTable`, with null if there is no row. */
  leftJoinTable<VTable, VOut>(
    table: KTable<NonNullable<K>, VTable>,
    joiner: (value: NonNullable<V>, row: VTable | null, key: K) => VOut,
    options: TableJoinOptions<K, V, VOut>,
  ): KStream<K, VOut> {
    return streamTableJoin(this, table, 'left', joiner, options)
  }

  /** Looks a key computed from each record up in a global table, which needs no co-partitioning. */
  joinGlobalTable<KRow, VTable, VOut>(
    table: GlobalKTable<KRow, VTable>,
    keyOf: (value: V, key: K) => KRow | null,
    joiner: (value: NonNullable<V>, row: VTable, key: K) => VOut,
    options: GlobalJoinOptions<VOut> = {},
  ): KStream<K, VOut> {
    return streamGlobalTableJoin(this, table, 'inner', keyOf, joiner as (value: V, row: VTable | null, key: K) => VOut, options)
  }

  /** Like `joinGlobalTable`, with null if there is no row. */
  leftJoinGlobalTable<KRow, VTable, VOut>(
    table: GlobalKTable<KRow, VTable>,
    keyOf: (value: V, key: K) => KRow | null,
    joiner: (value: V, row: VTable | null, key: K) => VOut,
    options: GlobalJoinOptions<VOut> = {},
  ): KStream<K, VOut> {
    return streamGlobalTableJoin(this, table, 'left', keyOf, joiner, options)
  }

  /** Sends records to a custom processor, which may change their key. */
  process<KOut, VOut>(supplier: ProcessorSupplier<K, V, KOut, VOut>, options: ProcessOptions<KOut, VOut>): KStream<KOut, VOut> {
    return this.#processed(supplier, options, NEW_RECORDS)
  }

  /** Sends records to a custom processor that keeps their key, so no repartition is needed downstream. */
  processValues<VOut>(supplier: ProcessorSupplier<K, V, K, VOut>, options: Omit<ProcessOptions<K, VOut>, 'key'>): KStream<K, VOut> {
    return this.#processed(supplier, options, NEW_VALUES)
  }

  #processed<KOut, VOut>(supplier: AnyProcessorSupplier, options: ProcessOptions<KOut, VOut>, keeps: Keeps): KStream<KOut, VOut> {
    const { builder, node } = this.output
    const stores = (options.stores ?? []).map((store) => builder.addStore(store))
    builder.add(operatorNode({ name: options.name, parents: [node], rekeys: !keeps.key, stores, supplier: () => supplier }))
    return builder.make.stream(outputOf(options.name, this.output, keeps, options))
  }

  #next<KOut, VOut>(
    operator: string,
    supplier: AnyProcessorSupplier,
    options: KeyValueOptions<KOut, VOut>,
    keeps: Keeps,
  ): KStream<KOut, VOut> {
    const { builder, node } = this.output
    const name = builder.nameOf(operator, options.name)
    builder.add(operatorNode({ name, parents: [node], rekeys: !keeps.key, supplier: () => supplier }))
    return builder.make.stream(outputOf(name, this.output, keeps, options))
  }

  /** For the classes of the DSL: this stream, partitioned by its key. */
  partitioned(
    options: KeyValueOptions<K, V> & { readonly force: boolean; readonly partitions?: number; readonly compression?: Compression },
  ): KStream<K, V> {
    const { builder, node } = this.output
    const { name: topic, force, partitions, compression } = options
    const name = topic === undefined ? builder.nameOf('partition') : `${topic}-repartition`
    const output = outputOf(name, this.output, KEEPS_BOTH, options)
    builder.add({
      kind: 'partition',
      name,
      parents: [node],
      force,
      ...(topic !== undefined && { topic }),
      ...(partitions !== undefined && { partitions }),
      ...(compression !== undefined && { compression }),
      ...(output.keySerde && { keySerde: output.keySerde }),
      ...(output.valueSerde && { valueSerde: output.valueSerde }),
    })
    return builder.make.stream(output)
  }
}

const KEEPS_BOTH: Keeps = { key: true, value: true }
const NEW_VALUES: Keeps = { key: true, value: false }
const NEW_KEYS: Keeps = { key: false, value: true }
const NEW_RECORDS: Keeps = { key: false, value: false }
