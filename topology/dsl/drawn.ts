/** A place on the sheet: the node a stream or table comes out of, and the serdes that its records can be written with. */
import type { Serde } from '../../state/index.ts'
import type { OperatorNode, TableOperatorNode } from '../graph/logical-graph.ts'
import type { Drawing } from './drawing.ts'

export interface Drawn {
  readonly drawing: Drawing
  readonly node: string
  readonly keySerde?: Serde<unknown>
  readonly valueSerde?: Serde<unknown>
}

type OperatorDefaults = Pick<OperatorNode, 'rekeys' | 'stores' | 'reads' | 'copartitionedWith' | 'parentsOldValues'>

type StreamDefaults = Pick<OperatorNode, 'takesNullKeys' | 'readsHistory'>

const PLAIN: OperatorDefaults = { rekeys: false, stores: [], reads: [], copartitionedWith: [], parentsOldValues: 'unused' }

/** A stream operator that is plain but for what is given. */
export function operatorNode(
  node: Omit<OperatorNode, 'kind' | keyof StreamDefaults | keyof OperatorDefaults> & Partial<OperatorDefaults & StreamDefaults>,
): OperatorNode {
  return { kind: 'operator', takesNullKeys: false, readsHistory: false, ...PLAIN, ...node }
}

/** A table operator that is plain but for what is given. */
export function tableOperatorNode(
  node: Omit<TableOperatorNode, 'kind' | keyof OperatorDefaults> & Partial<OperatorDefaults>,
): TableOperatorNode {
  return { kind: 'table-operator', ...PLAIN, ...node }
}

/** The same place with the serdes an option names; what it does not name is kept only where `keeps` says so. */
export function drawnAt(
  { drawing, keySerde, valueSerde }: Drawn,
  node: string,
  keeps: { readonly key: boolean; readonly value: boolean },
  given: { readonly key?: Serde<unknown> | undefined; readonly value?: Serde<unknown> | undefined } = {},
): Drawn {
  const key = given.key ?? (keeps.key ? keySerde : undefined)
  const value = given.value ?? (keeps.value ? valueSerde : undefined)
  return { drawing, node, ...(key && { keySerde: key }), ...(value && { valueSerde: value }) }
}
