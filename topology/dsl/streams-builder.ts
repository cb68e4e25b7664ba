/** Where a topology begins: describes sources and stores, and turns the drawing into a `Topology`. */
import type { Serde, StoreSpec } from '../../state/index.ts'
import { buildTopology } from '../graph/build-topology.ts'
import type { TimestampExtractor, Topology } from '../graph/topology.ts'
import { Drawing } from './drawing.ts'
import { GlobalKTable } from './global-k-table.ts'
import { KStream } from './k-stream.ts'
import { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, Versioned } from './materialized.ts'

export interface Consumed<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Default: the record's own timestamp. */
  readonly timestampExtractor?: TimestampExtractor
}

export interface StreamOptions<K, V> extends Consumed<K, V> {
  /** Default: `in-<topics>`. */
  readonly name?: string
  /** Where a group without committed offsets begins; default `earliest`. */
  readonly offsetReset?: 'earliest' | 'latest'
}

export interface TableSourceOptions<K, V> extends Consumed<K, V>, Materialized, Versioned {
  /**
   * `always` (the default) keeps the rows in the store `name`, where queries find them too; `when-needed` only if a
   * join or an operator behind needs them.
   */
  readonly materialize?: 'always' | 'when-needed'
}

export class StreamsBuilder {
  private readonly drawing = new Drawing()

  /** One or several topics as a stream; a value is null where the record has none. */
  stream<K, V>(topics: string | readonly string[], options: StreamOptions<K, V>): KStream<K, V | null> {
    const names = typeof topics === 'string' ? [topics] : topics
    const { key: keySerde, value: valueSerde, timestampExtractor, offsetReset = 'earliest' } = options
    const node = this.drawing.add({
      kind: 'stream-source',
      name: options.name ?? `in-${names.join('+')}`,
      parents: [],
      topics: names,
      keySerde,
      valueSerde,
      offsetReset,
      ...(timestampExtractor && { timestampExtractor }),
    })
    return new KStream({ drawing: this.drawing, node, keySerde, valueSerde })
  }

  /** A topic read as upserts: the last value of each key; null deletes. */
  table<K, V>(topic: string, options: TableSourceOptions<K, V>): KTable<K, V> {
    const { name, key: keySerde, value: valueSerde, timestampExtractor, materialize = 'always' } = options
    const node = this.drawing.add({
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
    return new KTable({ drawing: this.drawing, node, keySerde, valueSerde })
  }

  /** A topic that every instance keeps in full, whatever its partitions: for look-ups by any key. */
  globalTable<K, V>(topic: string, options: Consumed<K, V> & Materialized): GlobalKTable<K, V> {
    const { name, key: keySerde, value: valueSerde } = options
    const node = this.drawing.add({
      kind: 'global-table',
      name,
      parents: [],
      topic,
      keySerde,
      valueSerde,
      store: tableStore({ ...options, changelog: false }, keySerde, valueSerde),
    })
    return new GlobalKTable({ drawing: this.drawing, node, keySerde, valueSerde })
  }

  /** Declares a store that several processors share by its name. */
  addStateStore(store: StoreSpec): this {
    this.drawing.addStore(store)
    return this
  }

  /** Throws `TopologyError` with all that is wrong. */
  build(): Topology {
    return buildTopology(this.drawing.graph())
  }
}
