import type { Serde } from '../../state/index.ts'
import { tableJoinResult, tableJoinSide, tableJoinView } from '../operators/index.ts'
import type { OpenView } from '../operators/index.ts'
import type { KTable } from './k-table.ts'
import { tableStore } from './materialized.ts'
import type { Materialized, Versioned } from './materialized.ts'
import { outputOf } from './node-output.ts'
import { tableOperatorNode } from './operator-nodes.ts'

export interface TableTableJoinOptions<VOut> extends Materialized, Versioned {
  /** Serde of the joiner's results, for the table's own store and the topics and stores downstream. */
  readonly value?: Serde<VOut>
  /** `always` keeps the result in the store `name`; `on-lookup` (the default) computes it at each lookup. */
  readonly materialize?: 'always' | 'on-lookup'
}

/** `left`: rows of the left table join without a partner; `outer`: rows of both do. */
export type TableTableJoinType = 'inner' | 'left' | 'outer'

/** Joins two tables by key: one node per side, and a node downstream of both that is the resulting table. */
export function tableTableJoin<K, V, VOther, VOut>(
  left: KTable<K, V>,
  right: KTable<K, VOther>,
  type: TableTableJoinType,
  joiner: (left: V | null, right: VOther | null, key: K) => VOut | null,
  options: TableTableJoinOptions<VOut>,
): KTable<K, VOut> {
  const { builder, node: leftNode } = left.output
  const { node: rightNode } = right.output
  const { name, materialize } = options
  const leftSide = { joiner, joinsAlone: type !== 'inner', otherJoinsAlone: type === 'outer' }
  const rightSide = {
    joiner: (own: VOther | null, other: V | null, key: K) => joiner(other, own, key),
    joinsAlone: type === 'outer',
    otherJoinsAlone: type !== 'inner',
  }
  const side = { oldValues: 'from-parents' as const, view: ([parent]: readonly OpenView[]) => parent ?? noView }
  builder.add(
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
  builder.add(
    tableOperatorNode({
      name: `${name}-right`,
      parents: [rightNode],
      reads: [leftNode],
      parentsOldValues: rightSide.joinsAlone ? 'needed' : 'unused',
      supplier: (plan) => tableJoinSide(rightSide, plan),
      ...side,
    }),
  )
  const table = outputOf(name, left.output, { key: true, value: false }, options)
  const stored = materialize === 'always' && {
    stores: [name],
    store: tableStore(options, builder.requireSerde(table.keySerde, 'key', name), builder.requireSerde(table.valueSerde, 'value', name)),
  }
  builder.add(
    tableOperatorNode({
      name,
      parents: [`${name}-left`, `${name}-right`],
      ...stored,
      view: (views) => tableJoinView(leftSide, views),
      oldValues: 'forced-from-parents',
      supplier: () => tableJoinResult(stored === false ? undefined : name),
    }),
  )
  return builder.make.table(table)
}

const noView: OpenView = () => {
  throw new Error('A side of a table–table join has no parent table.')
}
