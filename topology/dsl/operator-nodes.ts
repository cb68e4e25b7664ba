import type { OperatorNode, TableOperatorNode } from '../graph/index.ts'

type OperatorDefaults = Pick<OperatorNode, 'rekeys' | 'stores' | 'reads' | 'copartitionedWith' | 'parentsOldValues'>

type StreamDefaults = Pick<OperatorNode, 'takesNullKeys' | 'readsHistory'>

const DEFAULTS: OperatorDefaults = { rekeys: false, stores: [], reads: [], copartitionedWith: [], parentsOldValues: 'unused' }

/** A stream operator with defaults for all properties that are not given. */
export function operatorNode(
  node: Omit<OperatorNode, 'kind' | keyof StreamDefaults | keyof OperatorDefaults> & Partial<OperatorDefaults & StreamDefaults>,
): OperatorNode {
  return { kind: 'operator', takesNullKeys: false, readsHistory: false, ...DEFAULTS, ...node }
}

/** A table operator with defaults for all properties that are not given. */
export function tableOperatorNode(
  node: Omit<TableOperatorNode, 'kind' | keyof OperatorDefaults> & Partial<OperatorDefaults>,
): TableOperatorNode {
  return { kind: 'table-operator', ...DEFAULTS, ...node }
}
