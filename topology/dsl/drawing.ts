/** The sheet a topology is drawn on: it only collects nodes and stores, in order. */
import type { Serde, StoreSpec } from '../../state/index.ts'
import type { LogicalGraph, LogicalNode } from '../graph/logical-graph.ts'

export class Drawing {
  private readonly nodes: LogicalNode[] = []
  private readonly stores: StoreSpec[] = []
  private readonly problems: string[] = []
  private readonly unnamed = new Map<string, number>()

  /** Puts a node on the sheet and answers with its name. */
  add(node: LogicalNode): string {
    this.nodes.push(Object.freeze(node))
    return node.name
  }

  /** Declares a store (the same spec any number of times) and answers with its name. */
  addStore(store: StoreSpec | string): string {
    if (typeof store === 'string') return store
    if (!this.stores.includes(store)) this.stores.push(store)
    return store.name
  }

  /** The serde, or one problem more for the validation to list. */
  needSerde(serde: Serde<unknown> | undefined, part: 'key' | 'value', owner: string): Serde<unknown> {
    if (serde !== undefined) return serde
    this.problems.push(`"${owner}" has no serde for its ${part}: pass { ${part}: … }`)
    return MISSING_SERDE
  }

  /** How long after their end the windows of that table take records; one problem more where it has none. */
  closesAfterMs(table: string, owner: string): number {
    const graces = this.gracesBehind(table)
    if (graces.length === 0) this.problems.push(`"${owner}" waits for windows to close, but its table has no windows`)
    return Math.max(0, ...graces)
  }

  private gracesBehind(name: string): readonly number[] {
    const node = this.nodes.find((one) => one.name === name)
    if (node === undefined) return []
    if (node.kind === 'table-operator' && node.closesAfterMs !== undefined) return [node.closesAfterMs]
    return node.kind === 'partition' ? [] : node.parents.flatMap((parent) => this.gracesBehind(parent))
  }

  /** A name for an operator without state, which nothing outside the process depends on. */
  nameOf(operator: string, given?: string): string {
    if (given !== undefined) return given
    const count = (this.unnamed.get(operator) ?? 0) + 1
    this.unnamed.set(operator, count)
    return `${operator}-${count}`
  }

  graph(): LogicalGraph {
    return { nodes: [...this.nodes], stores: [...this.stores], problems: [...this.problems] }
  }
}

const MISSING_SERDE: Serde<unknown> = {
  serialize: () => {
    throw new Error('no serde was given')
  },
  deserialize: () => {
    throw new Error('no serde was given')
  },
}
