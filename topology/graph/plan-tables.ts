import { viewOfStore } from '../operators/index.ts'
import type { OpenView, OperatorPlan } from '../operators/index.ts'
import type { LogicalGraph, LogicalNode, OldValueUse } from './logical-graph.ts'

export interface TablePlan {
  operatorPlan(node: LogicalNode): OperatorPlan
  /** Whether the table source keeps its rows in its store. */
  isStored(tableSource: string): boolean
  /** The stores that a lookup in the table reads. */
  storesBehind(table: string): readonly string[]
}

/**
 * Decides which tables send old values, which table sources are stored, and how each table is looked up. The need for old values
 * propagates upstream until it reaches an operator that knows them itself. A table source whose old values are needed is stored;
 * one whose old values are only used if known is not.
 */
export function planTables(graph: LogicalGraph): TablePlan {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]))
  const useful = nodesSendingOldValues(graph.nodes, (use) => use !== 'unused', new Set())
  const required = nodesSendingOldValues(graph.nodes, (use) => use === 'needed', useful)
  const heldBack = tablesHeldBack(graph.nodes)
  const lookedUp = tablesLookedUp(graph.nodes, byName)

  const knowsOldValues = (name: string): boolean => {
    const node = byName.get(name)
    if (node?.kind === 'table-source') return node.materialize === 'always' || required.has(name)
    if (node?.kind !== 'table-operator') return false
    return node.oldValues !== 'from-parents' || node.store !== undefined || node.parents.every(knowsOldValues)
  }
  const sendsOldValues = (name: string) => required.has(name) || (useful.has(name) && knowsOldValues(name))
  const storesBehind = (name: string): readonly string[] => {
    const node = byName.get(name)
    if (node === undefined) return []
    if ('store' in node && node.store !== undefined) return [node.store.name]
    return [...(node.kind === 'table-operator' ? node.stores : []), ...node.parents.flatMap(storesBehind)]
  }
  const viewOf = (name: string): OpenView => {
    const node = byName.get(name)
    if (node !== undefined && 'store' in node && node.store !== undefined) return viewOfStore(node.store.name)
    if (node?.kind === 'table-operator' && node.view !== undefined) return node.view(node.parents.map(viewOf))
    throw new Error(`Node "${name}" has neither a store nor a view to look keys up in.`)
  }
  const isVersioned = (name: string): boolean => {
    const node = byName.get(name)
    if (node?.kind !== 'table-source' && node?.kind !== 'table-operator') return false
    if (node.store !== undefined) return node.store.kind === 'versioned'
    return node.kind === 'table-operator' && node.oldValues === 'from-parents' && node.parents.every(isVersioned)
  }
  return {
    operatorPlan: (node) => ({
      sendsOldValues: sendsOldValues(node.name),
      oldValuesAreUsed: sendsOldValues(node.name) || heldBack.has(node.name),
      parentsSendOldValues: node.parents.every(sendsOldValues),
      parentsAreVersioned: node.parents.some(isVersioned),
      views: 'reads' in node ? node.reads.map(viewOf) : [],
    }),
    isStored: (name) => {
      const node = byName.get(name)
      return node?.kind === 'table-source' && (node.materialize === 'always' || required.has(name) || lookedUp.has(name))
    },
    storesBehind,
  }
}

/**
 * Nodes whose children use their old values in a way that `counts` accepts, directly or for a descendant. `useful` has the nodes whose
 * old values are used if known: a `forced-from-parents` operator among them forces its parents to send theirs.
 */
function nodesSendingOldValues(
  nodes: readonly LogicalNode[],
  counts: (use: OldValueUse) => boolean,
  useful: ReadonlySet<string>,
): ReadonlySet<string> {
  const senders = new Set<string>()
  for (const node of nodes.toReversed()) {
    const passesOn =
      node.kind === 'table-operator' &&
      ((node.oldValues !== 'own' && senders.has(node.name)) || (node.oldValues === 'forced-from-parents' && useful.has(node.name)))
    if (passesOn || ('parentsOldValues' in node && counts(node.parentsOldValues))) for (const parent of node.parents) senders.add(parent)
  }
  return senders
}

/** Tables whose changes an operator downstream holds back. */
function tablesHeldBack(nodes: readonly LogicalNode[]): ReadonlySet<string> {
  const heldBack = new Set<string>()
  for (const node of nodes.toReversed()) {
    if (node.kind !== 'table-operator') continue
    const passesOn = node.oldValues !== 'own' && heldBack.has(node.name)
    if (node.holdsBack === true || passesOn) for (const parent of node.parents) heldBack.add(parent)
  }
  return heldBack
}

/** Tables that an operator reads, with the parents from which an unstored one computes its rows. */
function tablesLookedUp(nodes: readonly LogicalNode[], byName: ReadonlyMap<string, LogicalNode>): ReadonlySet<string> {
  const lookedUp = new Set<string>()
  const mark = (name: string) => {
    lookedUp.add(name)
    const node = byName.get(name)
    if (node?.kind === 'table-operator' && node.store === undefined) node.parents.forEach(mark)
  }
  for (const node of nodes) if ('reads' in node) node.reads.forEach(mark)
  return lookedUp
}
