/** Joins of two tables by key: the result is a table again. */
import type { Serde } from '../../state/index.ts'
import type { OpenView } from '../operators/table-view.ts'
import { tableJoinResult, tableJoinSide, tableJoinView } from '../operators/table-table-join.ts'
import { drawnAt, tableOperatorNode } from './drawn.ts'
import { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, Versioned } from './materialized.ts'

export interface TableTableJoinOptions<VOut> extends Materialized, Versioned {
  /** Serde of what the joiner gives: needed where the result is stored, and for what writes it further down. */
  readonly value?: Serde<VOut>
  /** `always` keeps the result in the store `name`; by default it is computed when looked at. */
  readonly materialize?: 'always' | 'when-looked-at'
}

/** Which side's rows count without a partner. */
export type TableTableJoinType = 'inner' | 'left' | 'outer'

export function tableTableJoin<K, V, VOther, VOut>(
  left: KTable<K, V>,
  right: KTable<K, VOther>,
  type: TableTableJoinType,
  joiner: (left: V | null, right: VOther | null, key: K) => VOut | null,
  options: TableTableJoinOptions<VOut>,
): KTable<K, VOut> {
  const { drawing, node: leftNode } = left.drawn
  const { node: rightNode } = right.drawn
  const { name, materialize } = options
  const leftSide = { joiner, joinsAlone: type !== 'inner', otherJoinsAlone: type === 'outer' }
  const rightSide = {
    joiner: (own: VOther | null, other: V | null, key: K) => joiner(other, own, key),
    joinsAlone: type === 'outer',
    otherJoinsAlone: type !== 'inner',
  }
  const side = { oldValues: 'from-parents' as const, view: ([parent]: readonly OpenView[]) => parent ?? noView }
  drawing.add(
    tableOperatorNode({
      name: `${name}-left`,
      parents: [leftNode],
      reads: [rightNode],
      copartitionedWith: [rightNode],
      parentsOldValues: leftSide.joinsAlone ? 'needed' : 'unused',
      supplier: (plan) => tableJoinSide(leftSide, plan),
      ...side,
    }),
  )
  drawing.add(
    tableOperatorNode({
      name: `${name}-right`,
      parents: [rightNode],
      reads: [leftNode],
      parentsOldValues: rightSide.joinsAlone ? 'needed' : 'unused',
      supplier: (plan) => tableJoinSide(rightSide, plan),
      ...side,
    }),
  )
  const table = drawnAt(left.drawn, name, { key: true, value: false }, options)
  const stored = materialize === 'always' && {
    stores: [name],
    store: tableStore(options, drawing.needSerde(table.keySerde, 'key', name), drawing.needSerde(table.valueSerde, 'value', name)),
  }
  drawing.add(
    tableOperatorNode({
      name,
      parents: [`${name}-left`, `${name}-right`],
      ...stored,
      view: (views) => tableJoinView(leftSide, views),
      oldValues: 'at-parents-cost',
      supplier: () => tableJoinResult(stored === false ? undefined : name),
    }),
  )
  return new KTable(table)
}

const noView: OpenView = () => {
  throw new Error('a side of a join has its table above it')
}
