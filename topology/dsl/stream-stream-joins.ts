/** Joins of two streams within a window of time: each side keeps its records in a store and looks into the other's. */
import { Stores } from '../../state/index.ts'
import type { Serde } from '../../state/index.ts'
import { passThrough } from '../operators/pass-through.ts'
import { sideKeySerde, sideValueSerde } from '../operators/join-side.ts'
import { SharedJoinTimes, streamStreamJoinSide } from '../operators/stream-stream-join.ts'
import type { JoinWindows } from '../operators/join-windows.ts'
import { drawnAt, operatorNode } from './drawn.ts'
import { KStream } from './k-stream.ts'

export interface StreamJoinOptions<K, V, VOther, VOut> {
  /** Of the operator, its stores, and the topics `<name>-left-repartition`, `<name>-right-repartition` where keys have changed. */
  readonly name: string
  readonly window: JoinWindows
  /** Serdes of key and values, where a stream does not carry them. */
  readonly key?: Serde<NonNullable<K>>
  readonly left?: Serde<NonNullable<V>>
  readonly right?: Serde<NonNullable<VOther>>
  /** Serde of what the joiner gives, for what writes it further down. */
  readonly value?: Serde<NonNullable<VOut>>
  /** false: the stores are in memory and come back from their changelogs. Default true. */
  readonly persistent?: boolean
}

/** `left` keeps unmatched records of the left stream, `outer` those of both. */
export type StreamJoinType = 'inner' | 'left' | 'outer'

export function streamStreamJoin<K, V, VOther, VOut>(
  left: KStream<K, V>,
  right: KStream<K, VOther>,
  type: StreamJoinType,
  joiner: (left: NonNullable<V> | null, right: NonNullable<VOther> | null, key: K) => VOut,
  options: StreamJoinOptions<K, V, VOther, VOut>,
): KStream<K, VOut> {
  const { name, window, persistent = true } = options
  const { beforeMs, afterMs, graceMs } = window
  const key = options.key && { key: options.key }
  const leftSide = left.partitioned({
    name: `${name}-left`,
    force: false,

    ...key,
    ...(options.left && { value: options.left }),
  }).drawn
  const rightSide = right.partitioned({
    name: `${name}-right`,
    force: false,

    ...key,
    ...(options.right && { value: options.right }),
  }).drawn
  const { drawing } = leftSide

  const keySerde = drawing.needSerde(options.key ?? leftSide.keySerde, 'key', name)
  const leftSerde = drawing.needSerde(options.left ?? leftSide.valueSerde, 'value', `${name}-left`)
  const rightSerde = drawing.needSerde(options.right ?? rightSide.valueSerde, 'value', `${name}-right`)
  const storeOf = (side: string, value: Serde<unknown>) =>
    drawing.addStore(
      Stores.window({
        name: `${name}-${side}`,
        key: keySerde,
        value,
        windowSizeMs: beforeMs + afterMs,
        retentionMs: beforeMs + afterMs + graceMs,
        retainDuplicates: true,
        persistent,
      }),
    )
  const leftStore = storeOf('left', leftSerde)
  const rightStore = storeOf('right', rightSerde)
  const unmatched =
    type === 'inner'
      ? undefined
      : drawing.addStore(
          Stores.timeOrdered({
            name: `${name}-unmatched`,
            key: sideKeySerde(keySerde),
            value: sideValueSerde(leftSerde, rightSerde),
            retainDuplicates: true,
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
  drawing.add(
    operatorNode({
      name: leftName,
      parents: [leftSide.node],
      stores,
      copartitionedWith: [rightSide.node],
      takesNullKeys: type !== 'inner',
      supplier: () => leftSupplier,
    }),
  )
  drawing.add(
    operatorNode({ name: rightName, parents: [rightSide.node], stores, takesNullKeys: type !== 'inner', supplier: () => rightSupplier }),
  )
  drawing.add(operatorNode({ name, parents: [leftName, rightName], supplier: () => passThrough() }))
  return new KStream(drawnAt(leftSide, name, { key: true, value: false }, options))
}
