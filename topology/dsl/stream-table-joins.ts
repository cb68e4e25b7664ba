import { Stores } from '../../state/index.ts'
import type { Serde } from '../../state/index.ts'
import { tableJoin, tableJoinWithinGrace } from '../operators/index.ts'
import type { TableJoinOptions as JoinOptions } from '../operators/index.ts'
import type { GlobalKTable } from './global-k-table.ts'
import type { KStream, NameOption } from './k-stream.ts'
import type { KTable } from './k-table.ts'
import { outputOf } from './node-output.ts'
import { operatorNode } from './operator-nodes.ts'

export interface TableJoinOptions<K, V, VOut> {
  /** Names the operator and, if the stream's key has changed, the topic `<name>-repartition`. */
  readonly name: string
  /** The stream's serdes, if it has none and must be repartitioned. */
  readonly key?: Serde<NonNullable<K>>
  readonly left?: Serde<NonNullable<V>>
  /**
   * How long records wait, in stream time, for rows of their time that arrive late; the table must be versioned. They wait in the
   * store `<name>-buffer`.
   */
  readonly graceMs?: number
  /** Serde of the joiner's results, for the topics and stores downstream. */
  readonly value?: Serde<NonNullable<VOut>>
}

export interface GlobalJoinOptions<VOut> extends NameOption {
  readonly value?: Serde<NonNullable<VOut>>
}

/** `left` joins a record without a row with null, `inner` emits nothing for it. */
export type TableJoinType = 'inner' | 'left'

/** Looks each record up in the table once, when it arrives or after the grace period. */
export function streamTableJoin<K, V, VTable, VOut>(
  stream: KStream<K, V>,
  table: KTable<NonNullable<K>, VTable>,
  type: TableJoinType,
  joiner: (value: NonNullable<V>, row: VTable | null, key: K) => VOut,
  { name, key, left, value, graceMs }: TableJoinOptions<K, V, VOut>,
): KStream<K, VOut> {
  const partitioned = stream.partitioned({
    name,
    force: false,
    ...(key && { key }),
    ...(left && { value: left }),
  })
  const { builder, node, keySerde, valueSerde } = partitioned.output
  const buffer =
    graceMs === undefined
      ? undefined
      : builder.addStore(
          Stores.timeOrdered({
            name: `${name}-buffer`,
            key: builder.requireSerde(keySerde, 'key', name),
            value: builder.requireSerde(valueSerde, 'value', name),
            retainDuplicates: true,
          }),
        )
  builder.add(
    operatorNode({
      name,
      parents: [node],
      stores: buffer === undefined ? [] : [buffer],
      reads: [table.output.node],
      readsHistory: graceMs !== undefined,
      copartitionedWith: [table.output.node],
      takesNullKeys: type === 'left',
      supplier: ({ views }) => {
        const options: JoinOptions<K, V, NonNullable<K>, VTable, VOut> = {
          type,
          keyOf: (_, streamKey) => streamKey ?? null,
          joiner,
          view: views[0],
        }
        return buffer === undefined || graceMs === undefined ? tableJoin(options) : tableJoinWithinGrace(options, { graceMs, buffer })
      },
    }),
  )
  return builder.make.stream(outputOf(name, partitioned.output, { key: true, value: false }, { value }))
}

/** Looks each record up in the global table once, when it arrives. */
export function streamGlobalTableJoin<K, V, KRow, VTable, VOut>(
  stream: KStream<K, V>,
  table: GlobalKTable<KRow, VTable>,
  type: TableJoinType,
  keyOf: (value: V, key: K) => KRow | null,
  joiner: (value: NonNullable<V>, row: VTable | null, key: K) => VOut,
  options: GlobalJoinOptions<VOut>,
): KStream<K, VOut> {
  const { builder, node } = stream.output
  const name = builder.nameOf('joinGlobalTable', options.name)
  builder.add(
    operatorNode({
      name,
      parents: [node],
      reads: [table.output.node],
      takesNullKeys: type === 'left',
      supplier: ({ views }) => tableJoin<K, V, KRow, VTable, VOut>({ type, keyOf, joiner, view: views[0] }),
    }),
  )
  return builder.make.stream(outputOf(name, stream.output, { key: true, value: false }, options))
}
