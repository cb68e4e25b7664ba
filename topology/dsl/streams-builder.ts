import type { Serde, StoreSpec } from '../../state/index.ts'
import { buildTopology } from '../graph/index.ts'
import type { Topology } from '../graph/index.ts'
import type { TimestampExtractor } from '../timestamp-extractors.ts'
import { dslFactory } from './dsl-factory.ts'
import { GlobalKTable } from './global-k-table.ts'
import { GraphBuilder } from './graph-builder.ts'
import type { KStream } from './k-stream.ts'
import type { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, Versioned } from './materialized.ts'

export interface Consumed<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Default `failOnInvalidTimestamp`: the record's own timestamp. */
  readonly timestampExtractor?: TimestampExtractor
}

export interface StreamOptions<K, V> extends Consumed<K, V> {
  /** Default: `in-<topics>`. */
  readonly name?: string
  /** Where the group starts to read a partition without a committed offset. Default `earliest`. */
  readonly offsetReset?: 'earliest' | 'latest'
}

export interface TableSourceOptions<K, V> extends Consumed<K, V>, Materialized, Versioned {
  /**
   * `always` (the default) keeps the rows in the store `name`, where queries find them too; `when-needed` only if a join or an
   * operator downstream needs them.
   */
  readonly materialize?: 'always' | 'when-needed'
}

/** The start of a topology: describes sources and stores, and builds the `Topology`. */
export class StreamsBuilder {
  readonly #builder = new GraphBuilder(dslFactory)

  /** One or several topics as a stream. A record without a value has the value null. */
  stream<K, V>(topics: string | readonly string[], options: StreamOptions<K, V>): KStream<K, V | null> {
    const names = typeof topics === 'string' ? [topics] : topics
    const { key: keySerde, value: valueSerde, timestampExtractor, offsetReset = 'earliest' } = options
    const node = this.#builder.add({
      kind: 'stream-source',
      name: options.name ?? `in-${names.join('+')}`,
      parents: [],
      topics: names,
      keySerde,
      valueSerde,
      offsetReset,
      ...(timestampExtractor && { timestampExtractor }),
    })
    return this.#builder.make.stream({ builder: this.#builder, node, keySerde, valueSerde })
  }

  /** A topic read as upserts: the latest value of each key; null deletes. */
  table<K, V>(topic: string, options: TableSourceOptions<K, V>): KTable<K, V> {
    const { name, key: keySerde, value: valueSerde, timestampExtractor, materialize = 'always' } = options
    const node = this.#builder.add({
      kind: 'table-source',
      name,
      parents: [],
      topic,
      keySerde,
      valueSerde,
      store: tableStore(options, keySerde, valueSerde),
      materialize,
      ...(timestampExtractor && { timestampExtractor }),
    })
    return this.#builder.make.table({ builder: this.#builder, node, keySerde, valueSerde })
  }

  /** A topic that every instance holds in full, whatever its partitions, for lookups by any key. */
  globalTable<K, V>(topic: string, options: Consumed<K, V> & Materialized): GlobalKTable<K, V> {
    const { name, key: keySerde, value: valueSerde, timestampExtractor } = options
    const node = this.#builder.add({
      kind: 'global-table',
      name,
      parents: [],
      topic,
      keySerde,
      valueSerde,
      store: tableStore({ ...options, changelog: false }, keySerde, valueSerde),
      ...(timestampExtractor && { timestampExtractor }),
    })
    return new GlobalKTable({ builder: this.#builder, node, keySerde, valueSerde })
  }

  /** Declares a store that several processors use by its name. */
  addStateStore(store: StoreSpec): this {
    this.#builder.addStore(store)
    return this
  }

  /** Throws `TopologyError` with every problem. */
  build(): Topology {
    return buildTopology(this.#builder.graph())
  }
}
