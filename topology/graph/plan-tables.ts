/**
 * Second pass: which tables send old values, which table sources must be stored, and how each table is looked up.
 * Asking for old values travels upwards until it meets an operator that knows them itself. Asking at all costs makes an unstored
 * table source a stored one; asking for what is known anyhow does not.
 */
import type { LogicalGraph, LogicalNode, OldValueUse } from './logical-graph.ts'
import type { OperatorPlan } from '../operators/operator-plan.ts'
import type { OpenView } from '../operators/table-view.ts'
import { viewOfStore } from '../operators/table-view.ts'

export interface TablePlan {
  operatorPlan(node: LogicalNode): OperatorPlan
  /** Whether the table source keeps its rows in its store. */
  isStored(tableSource: string): boolean
  /** Stores that a lookup in the table goes to. */
  storesBehind(table: string): readonly string[]
}

export function planTables(graph: LogicalGraph): TablePlan {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]))
  const wanted = askedForOldValues(graph.nodes, (use) => use !== 'unused', new Set())
  const asked = askedForOldValues(graph.nodes, (use) => use === 'needed', wanted)
  const read = tablesLookedUp(graph.nodes, byName)

  const knowsOldValues = (name: string): boolean => {
    const node = byName.get(name)
    if (node?.kind === 'table-source') return node.materialize === 'always' || asked.has(name)
    if (node?.kind !== 'table-operator') return false
    return node.oldValues !== 'from-parents' || node.store !== undefined || node.parents.every(knowsOldValues)
  }
  const sendsOldValues = (name: string) => asked.has(name) || (wanted.has(name) && knowsOldValues(name))
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
    throw new Error(`${name} is not a table that can be looked up`)
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
      parentsSendOldValues: node.parents.every(sendsOldValues),
      parentsAreVersioned: node.parents.some(isVersioned),
      views: 'reads' in node ? node.reads.map(viewOf) : [],
    }),
    isStored: (name) => {
      const node = byName.get(name)
      return node?.kind === 'table-source' && (node.materialize === 'always' || asked.has(name) || read.has(name))
    },
    storesBehind,
  }
}

/** Who is asked, directly or by what stands behind; `wanted` are those of whom it would be welcome. */
function askedForOldValues(
  nodes: readonly LogicalNode[],
  asks: (use: OldValueUse) => boolean,
  wanted: ReadonlySet<string>,
): ReadonlySet<string> {
  const asked = new Set<string>()
  for (const node of nodes.toReversed()) {
    const passesOn =
      node.kind === 'table-operator' &&
      ((node.oldValues !== 'own' && asked.has(node.name)) || (node.oldValues === 'at-parents-cost' && wanted.has(node.name)))
    if (passesOn || ('parentsOldValues' in node && asks(node.parentsOldValues))) for (const parent of node.parents) asked.add(parent)
  }
  return asked
}

function tablesLookedUp(nodes: readonly LogicalNode[], byName: ReadonlyMap<string, LogicalNode>): ReadonlySet<string> {
  const read = new Set<string>()
  const mark = (name: string) => {
    read.add(name)
    const node = byName.get(name)
    if (node?.kind === 'table-operator' && node.store === undefined) node.parents.forEach(mark)
  }
  for (const node of nodes) if ('reads' in node) node.reads.forEach(mark)
  return read
}
