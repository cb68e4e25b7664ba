import { Serdes } from '../../state/index.ts'
import type { Serde, StoreSpec, Windowed } from '../../state/index.ts'
import type { AnyProcessorSupplier } from '../graph/index.ts'
import { aggregate, passThrough } from '../operators/index.ts'
import type { OperatorPlan } from '../operators/index.ts'
import type { AggregateOptions, KGroupedStream } from './k-grouped-stream.ts'
import type { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import { outputOf } from './node-output.ts'
import type { NodeOutput } from './node-output.ts'
import { tableOperatorNode } from './operator-nodes.ts'
import { aggregatePerWindow, windowStore } from './window-table.ts'
import type { WindowRetention, Windows } from './window-table.ts'

/** One of the streams, whose types were checked when it was added. */
export interface CogroupPart<K, A> {
  readonly input: NodeOutput
  aggregator(aggregate: A, value: never, key: K): A | null
}

type CogroupParts<K, A> = readonly [CogroupPart<K, A>, ...CogroupPart<K, A>[]]

/** Several streams with the same keys, each with its own aggregator, folded into one aggregate per key. */
export class CogroupedKStream<K, A> {
  readonly #parts: CogroupParts<K, A>

  constructor(...parts: CogroupParts<K, A>) {
    this.#parts = parts
  }

  /**
   * Adds a stream, whose topics must have as many partitions as those of the others. As in Kafka Streams, null values are
   * aggregated in tumbling and hopping windows only.
   */
  cogroup<V>(stream: KGroupedStream<K, V>, aggregator: (aggregate: A, value: V, key: K) => A | null): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(...this.#parts, { input: stream.output, aggregator })
  }

  /** The table of the aggregates. */
  aggregate(initializer: () => A, options: AggregateOptions<K, A>): KTable<K, A> {
    return addCogroup(this.#parts, options, (key, value) => ({
      store: tableStore(options, key, value),
      keySerde: key,
      supplierOf: ({ aggregator }, plan) => aggregate<K, never, A>({ store: options.name, initializer, aggregator }, plan),
    }))
  }

  /** One aggregate per key and window. */
  windowedBy(windows: Windows): WindowedCogroupedKStream<K, A> {
    return new WindowedCogroupedKStream(this.#parts, windows)
  }
}

export class WindowedCogroupedKStream<K, A> {
  readonly #parts: CogroupParts<K, A>
  readonly #windows: Windows

  constructor(parts: CogroupParts<K, A>, windows: Windows) {
    this.#parts = parts
    this.#windows = windows
  }

  aggregate(initializer: () => A, options: AggregateOptions<K, A> & WindowRetention): KTable<Windowed<K>, A> {
    const windows = this.#windows
    return addCogroup(this.#parts, options, (key, value) => ({
      store: windowStore(windows, options, { key, value, keepsEdge: false }),
      keySerde: Serdes.windowed(key, { sizeMs: windows.sizeMs }),
      closesAfterMs: windows.graceMs,
      supplierOf: ({ aggregator }, plan) =>
        aggregatePerWindow<K, never, A>(
          {
            store: options.name,
            windows,
            initializer,
            aggregator: (current, value, recordKey) => aggregator(current ?? initializer(), value, recordKey),
            closedStore: undefined,
          },
          plan,
        ),
    }))
  }
}

interface CogroupTable<K, A> {
  readonly store: StoreSpec
  readonly keySerde: Serde<unknown>
  readonly closesAfterMs?: number
  supplierOf(part: CogroupPart<K, A>, plan: OperatorPlan): AnyProcessorSupplier
}

/** Adds a node per stream, all over one store, and a node downstream of them that is the table. */
function addCogroup<K, A, KRow>(
  parts: CogroupParts<K, A>,
  options: AggregateOptions<K, A>,
  tableOf: (key: Serde<unknown>, value: Serde<unknown>) => CogroupTable<K, A>,
): KTable<KRow, A> {
  const [{ input }, ...others] = parts
  const { builder } = input
  const { name } = options
  const output = outputOf(name, input, { key: true, value: false }, options)
  const { supplierOf, store, keySerde, ...closing } = tableOf(
    builder.requireSerde(output.keySerde, 'key', name),
    builder.requireSerde(output.valueSerde, 'value', name),
  )
  const names = parts.map((part, index) =>
    builder.add(
      tableOperatorNode({
        name: `${name}-${index + 1}`,
        parents: [part.input.node],
        stores: [name],
        copartitionedWith: index === 0 ? others.map((other) => other.input.node) : [],
        oldValues: 'own',
        supplier: (plan) => supplierOf(part, plan),
      }),
    ),
  )
  builder.add(
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
  return builder.make.table({ ...output, keySerde })
}
