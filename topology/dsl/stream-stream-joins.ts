import { Stores } from '../../state/index.ts'
import type { Compression, Serde } from '../../state/index.ts'
import { passThrough, SharedJoinTimes, sideKeySerde, sideValueSerde, streamStreamJoinSide } from '../operators/index.ts'
import type { JoinWindows } from '../operators/index.ts'
import type { KStream } from './k-stream.ts'
import { outputOf } from './node-output.ts'
import { operatorNode } from './operator-nodes.ts'

export interface StreamJoinOptions<K, V, VOther, VOut> {
  /** Names the operator, its stores and, if keys have changed, the topics `<name>-left-repartition` and `<name>-right-repartition`. */
  readonly name: string
  readonly window: JoinWindows
  /** Serdes of key and values, if a stream has none. */
  readonly key?: Serde<NonNullable<K>>
  readonly left?: Serde<NonNullable<V>>
  readonly right?: Serde<NonNullable<VOther>>
  /** Serde of the joiner's results, for the topics and stores downstream. */
  readonly value?: Serde<NonNullable<VOut>>
  /** false: the stores are kept in memory and restored from their changelogs. Default true. */
  readonly persistent?: boolean
  /** How batches for the changelogs of the join's stores are compressed. Default: `StreamsOptions.compression`. */
  readonly compression?: Compression
}

/** `left` emits unmatched records of the left stream, `outer` those of both. */
export type StreamJoinType = 'inner' | 'left' | 'outer'

/** Joins two streams within a window: each side stores its records and looks partners up in the other side's store. */
export function streamStreamJoin<K, V, VOther, VOut>(
  left: KStream<K, V>,
  right: KStream<K, VOther>,
  type: StreamJoinType,
  joiner: (left: NonNullable<V> | null, right: NonNullable<VOther> | null, key: K) => VOut,
  options: StreamJoinOptions<K, V, VOther, VOut>,
): KStream<K, VOut> {
  const { name, window, persistent = true } = options
  const compression = options.compression && { compression: options.compression }
  const { beforeMs, afterMs, graceMs } = window
  const key = options.key && { key: options.key }
  const leftSide = left.partitioned({
    name: `${name}-left`,
    force: false,
    ...key,
    ...(options.left && { value: options.left }),
  }).output
  const rightSide = right.partitioned({
    name: `${name}-right`,
    force: false,
    ...key,
    ...(options.right && { value: options.right }),
  }).output
  const { builder } = leftSide

  const keySerde = builder.requireSerde(options.key ?? leftSide.keySerde, 'key', name)
  const leftSerde = builder.requireSerde(options.left ?? leftSide.valueSerde, 'value', `${name}-left`)
  const rightSerde = builder.requireSerde(options.right ?? rightSide.valueSerde, 'value', `${name}-right`)
  const storeOf = (side: string, value: Serde<unknown>) =>
    builder.addStore(
      Stores.window({
        name: `${name}-${side}`,
        key: keySerde,
        value,
        windowSizeMs: beforeMs + afterMs,
        retentionMs: beforeMs + afterMs + graceMs,
        retainDuplicates: true,
        persistent,
        ...compression,
      }),
    )
  const leftStore = storeOf('left', leftSerde)
  const rightStore = storeOf('right', rightSerde)
  const unmatched =
    type === 'inner'
      ? undefined
      : builder.addStore(
          Stores.timeOrdered({
            name: `${name}-unmatched`,
            key: sideKeySerde(keySerde),
            value: sideValueSerde(leftSerde, rightSerde),
            retainDuplicates: true,
            ...compression,
          }),
        )
  const times = new SharedJoinTimes()
  const stores = [leftStore, rightStore, ...(unmatched === undefined ? [] : [unmatched])]
  const leftSupplier = streamStreamJoinSide<K, V, VOther, VOut>({
    side: 'left',
    emitsUnmatched: type !== 'inner',
    window,
    ownStore: leftStore,
    otherStore: rightStore,
    unmatchedStore: unmatched,
    joiner,
    times,
  })
  const rightSupplier = streamStreamJoinSide<K, VOther, V, VOut>({
    side: 'right',
    emitsUnmatched: type === 'outer',
    window,
    ownStore: rightStore,
    otherStore: leftStore,
    unmatchedStore: unmatched,
    joiner: (own, other, recordKey) => joiner(other, own, recordKey),
    times,
  })
  const [leftName, rightName] = [`${name}-left`, `${name}-right`]
  builder.add(
    operatorNode({
      name: leftName,
      parents: [leftSide.node],
      stores,
      copartitionedWith: [rightSide.node],
      takesNullKeys: type !== 'inner',
      supplier: () => leftSupplier,
    }),
  )
  builder.add(
    operatorNode({ name: rightName, parents: [rightSide.node], stores, takesNullKeys: type !== 'inner', supplier: () => rightSupplier }),
  )
  builder.add(operatorNode({ name, parents: [leftName, rightName], supplier: () => passThrough() }))
  return builder.make.stream(outputOf(name, leftSide, { key: true, value: false }, options))
}
