/** Joins of a stream with a table: each record is looked up once, when it comes. */
import { Stores } from '../../state/index.ts'
import type { Serde } from '../../state/index.ts'
import { tableJoinWithinGrace } from '../operators/table-join-within-grace.ts'
import { tableJoin } from '../operators/table-join.ts'
import type { TableJoinOptions as JoinOptions } from '../operators/table-join.ts'
import { drawnAt, operatorNode } from './drawn.ts'
import type { GlobalKTable } from './global-k-table.ts'
import { KStream } from './k-stream.ts'
import type { NameOption } from './k-stream.ts'
import type { KTable } from './k-table.ts'

export interface TableJoinOptions<K, V, VOut> {
  /** Of the operator and, where the stream's key has changed, of the topic `<name>-repartition`. */
  readonly name: string
  /** The stream's serdes, where it does not carry them and has to be repartitioned. */
  readonly key?: Serde<NonNullable<K>>
  readonly left?: Serde<NonNullable<V>>
  /**
   * Records wait so long, by stream time, for rows of their time that come late; the table must be versioned. They wait
   * in the store `<name>-buffer`.
   */
  readonly graceMs?: number
  /** Serde of what the joiner gives, for what writes it further down. */
  readonly value?: Serde<NonNullable<VOut>>
}

export interface GlobalJoinOptions<VOut> extends NameOption {
  readonly value?: Serde<NonNullable<VOut>>
}

/** `left` keeps records without a row, `inner` leaves them out. */
export type TableJoinType = 'inner' | 'left'

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
  const { drawing, node, keySerde, valueSerde } = partitioned.drawn
  const buffer =
    graceMs === undefined
      ? undefined
      : drawing.addStore(
          Stores.timeOrdered({
            name: `${name}-buffer`,
            key: drawing.needSerde(keySerde, 'key', name),
            value: drawing.needSerde(valueSerde, 'value', name),
            retainDuplicates: true,
          }),
        )
  drawing.add(
    operatorNode({
      name,
      parents: [node],
      stores: buffer === undefined ? [] : [buffer],
      reads: [table.drawn.node],
      readsHistory: graceMs !== undefined,
      copartitionedWith: [table.drawn.node],
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
  return new KStream(drawnAt(partitioned.drawn, name, { key: true, value: false }, { value }))
}

export function streamGlobalTableJoin<K, V, KRow, VTable, VOut>(
  stream: KStream<K, V>,
  table: GlobalKTable<KRow, VTable>,
  type: TableJoinType,
  keyOf: (value: V, key: K) => KRow | null,
  joiner: (value: NonNullable<V>, row: VTable | null, key: K) => VOut,
  options: GlobalJoinOptions<VOut>,
): KStream<K, VOut> {
  const { drawing, node } = stream.drawn
  const name = drawing.nameOf('joinGlobalTable', options.name)
  drawing.add(
    operatorNode({
      name,
      parents: [node],
      reads: [table.drawn.node],
      takesNullKeys: type === 'left',
      supplier: ({ views }) => tableJoin<K, V, KRow, VTable, VOut>({ type, keyOf, joiner, view: views[0] }),
    }),
  )
  return new KStream(drawnAt(stream.drawn, name, { key: true, value: false }, options))
}
