/** Several streams with the same keys, each with its own way of being folded into one aggregate. */
import { Serdes } from '../../state/index.ts'
import type { Serde, StoreSpec, Windowed } from '../../state/index.ts'
import type { AnyProcessorSupplier } from '../graph/logical-graph.ts'
import { aggregate } from '../operators/aggregate.ts'
import { passThrough } from '../operators/pass-through.ts'
import { drawnAt, tableOperatorNode } from './drawn.ts'
import type { Drawn } from './drawn.ts'
import type { AggregateOptions, KGroupedStream } from './k-grouped-stream.ts'
import { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import { aggregatePerWindow, windowStore } from './window-table.ts'
import type { WindowRetention, Windows } from './window-table.ts'

/** One of the streams. Its types were checked where it was added. */
export interface CogroupPart<K, A> {
  readonly drawn: Drawn
  aggregator(aggregate: A, value: never, key: K): A | null
}

export class CogroupedKStream<K, A> {
  private readonly parts: readonly [CogroupPart<K, A>, ...CogroupPart<K, A>[]]

  constructor(...parts: readonly [CogroupPart<K, A>, ...CogroupPart<K, A>[]]) {
    this.parts = parts
  }

  /** One stream more. A null value takes part only in windows that do not slide, as in Kafka Streams. The stream's topics must have as many partitions as those of the others. */
  cogroup<V>(stream: KGroupedStream<K, V>, aggregator: (aggregate: A, value: V, key: K) => A | null): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(...this.parts, { drawn: stream.drawn, aggregator })
  }

  /** The table of the aggregates. */
  aggregate(initializer: () => A, options: AggregateOptions<K, A>): KTable<K, A> {
    return draw(this.parts, options, (key, value) => ({
      store: tableStore(options, key, value),
      keySerde: key,
      supplierOf: ({ aggregator }) => aggregate<K, never, A>({ store: options.name, initializer, aggregator }),
    }))
  }

  /** The same per window of time. */
  windowedBy(windows: Windows): WindowedCogroupedKStream<K, A> {
    return new WindowedCogroupedKStream(this.parts, windows)
  }
}

export class WindowedCogroupedKStream<K, A> {
  private readonly parts: readonly [CogroupPart<K, A>, ...CogroupPart<K, A>[]]
  private readonly windows: Windows

  constructor(parts: readonly [CogroupPart<K, A>, ...CogroupPart<K, A>[]], windows: Windows) {
    this.parts = parts
    this.windows = windows
  }

  aggregate(initializer: () => A, options: AggregateOptions<K, A> & WindowRetention): KTable<Windowed<K>, A> {
    const { windows } = this
    return draw(this.parts, options, (key, value) => ({
      store: windowStore(windows, options, { key, value, keepsEdge: false }),
      keySerde: Serdes.windowed(key, { sizeMs: windows.sizeMs }),
      closesAfterMs: windows.graceMs,
      supplierOf: ({ aggregator }) =>
        aggregatePerWindow<K, never, A>({
          store: options.name,
          windows,
          initializer,
          aggregator: (before, record, of) => aggregator(before ?? initializer(), record, of),
          closedStore: undefined,
        }),
    }))
  }
}

interface CogroupTable<K, A> {
  readonly store: StoreSpec
  readonly keySerde: Serde<unknown>
  readonly closesAfterMs?: number
  supplierOf(part: CogroupPart<K, A>): AnyProcessorSupplier
}

/** A node for each stream, all working on one store, and one behind them that is the table. */
function draw<K, A, KRow>(
  parts: readonly [CogroupPart<K, A>, ...CogroupPart<K, A>[]],
  options: AggregateOptions<K, A>,
  tableOf: (key: Serde<unknown>, value: Serde<unknown>) => CogroupTable<K, A>,
): KTable<KRow, A> {
  const [{ drawn }, ...others] = parts
  const { drawing } = drawn
  const { name } = options
  const at = drawnAt(drawn, name, { key: true, value: false }, options)
  const { supplierOf, store, keySerde, ...closing } = tableOf(
    drawing.needSerde(at.keySerde, 'key', name),
    drawing.needSerde(at.valueSerde, 'value', name),
  )
  const names = parts.map((part, index) =>
    drawing.add(
      tableOperatorNode({
        name: `${name}-${index + 1}`,
        parents: [part.drawn.node],
        stores: [name],
        copartitionedWith: index === 0 ? others.map((other) => other.drawn.node) : [],
        oldValues: 'own',
        supplier: () => supplierOf(part),
      }),
    ),
  )
  drawing.add(
    tableOperatorNode({
      name,
      parents: names,
      stores: [name],
      store,
      ...closing,
      oldValues: 'from-parents',
      supplier: () => passThrough(),
    }),
  )
  return new KTable({ ...at, node: name, keySerde })
}
