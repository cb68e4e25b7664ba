/**
 * Second pass: which tables must send old values, which table sources must be stored, and how each table is looked up.
 * Asking for old values travels upwards until it meets an operator that knows them itself.
 */
import type { LogicalGraph, LogicalNode, OpenView, OperatorPlan } from './logical-graph.ts'
import { viewOfStore } from './table-view.ts'

export interface TablePlan {
  operatorPlan(node: LogicalNode): OperatorPlan
  /** Whether the table source keeps its rows in its store. */
  isStored(tableSource: string): boolean
  /** Stores that a lookup in the table goes to. */
  storesBehind(table: string): readonly string[]
}

export function planTables(graph: LogicalGraph): TablePlan {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]))
  const asked = tablesAskedForOldValues(graph.nodes)
  const read = new Set<string>()
  const markRead = (name: string) => {
    read.add(name)
    const node = byName.get(name)
    if (node?.kind === 'table-operator' && node.store === undefined) node.parents.forEach(markRead)
  }
  for (const node of graph.nodes) if ('reads' in node) node.reads.forEach(markRead)

  const isStored = (name: string) => {
    const node = byName.get(name)
    return node?.kind === 'table-source' && (node.materialize === 'always' || asked.has(name) || read.has(name))
  }
  const storesBehind = (name: string): readonly string[] => {
    const node = byName.get(name)
    if (node === undefined || !('store' in node) || node.store === undefined)
      return node === undefined ? [] : node.parents.flatMap(storesBehind)
    return [node.store.name]
  }
  const viewOf = (name: string): OpenView => {
    const node = byName.get(name)
    if (node !== undefined && 'store' in node && node.store !== undefined) return viewOfStore(node.store.name)
    if (node?.kind === 'table-operator' && node.view !== undefined) return node.view(node.parents.map(viewOf))
    throw new Error(`${name} is not a table that can be looked up`)
  }
  return {
    operatorPlan: (node) => ({ sendsOldValues: asked.has(node.name), views: 'reads' in node ? node.reads.map(viewOf) : [] }),
    isStored,
    storesBehind,
  }
}

function tablesAskedForOldValues(nodes: readonly LogicalNode[]): ReadonlySet<string> {
  const asked = new Set<string>()
  for (const node of nodes.toReversed()) {
    const passesOn = node.kind === 'table-operator' && node.oldValues === 'from-parents' && asked.has(node.name)
    if (passesOn || ('needsOldValues' in node && node.needsOldValues)) for (const parent of node.parents) asked.add(parent)
  }
  return asked
}
