import type { Serde, StoreSpec } from '../../state/index.ts'
import type { LogicalGraph, LogicalNode } from '../graph/index.ts'
import type { DslFactory } from './dsl-factory.ts'

/** Collects the nodes, stores and problems of one topology, in the order in which they are added. */
export class GraphBuilder {
  /** Makes the streams and tables that a method of another stream or table returns. */
  readonly make: DslFactory
  readonly #nodes: LogicalNode[] = []
  readonly #stores: StoreSpec[] = []
  readonly #problems: string[] = []
  readonly #unnamed = new Map<string, number>()

  constructor(make: DslFactory) {
    this.make = make
  }

  /** Adds a node and returns its name. */
  add(node: LogicalNode): string {
    this.#nodes.push(Object.freeze(node))
    return node.name
  }

  /** Declares a store and returns its name. Declaring the same spec again has no effect. */
  addStore(store: StoreSpec | string): string {
    if (typeof store === 'string') return store
    if (!this.#stores.includes(store)) this.#stores.push(store)
    return store.name
  }

  /** Returns the serde. A missing one is reported as a problem by `build()`. */
  requireSerde(serde: Serde<unknown> | undefined, part: 'key' | 'value', owner: string): Serde<unknown> {
    if (serde !== undefined) return serde
    this.#problems.push(`"${owner}" has no serde for its ${part}: pass { ${part}: … }`)
    return MISSING_SERDE
  }

  /** How long after their end the table's windows accept records. A table without windows is reported as a problem. */
  closesAfterMs(table: string, owner: string): number {
    const graces = this.#gracesOf(table)
    if (graces.length === 0) this.#problems.push(`"${owner}" waits for windows to close, but its table has no windows`)
    return Math.max(0, ...graces)
  }

  /** The given name, or a generated one for an operator without state, because nothing outside the process depends on it. */
  nameOf(operator: string, name?: string): string {
    if (name !== undefined) return name
    const count = (this.#unnamed.get(operator) ?? 0) + 1
    this.#unnamed.set(operator, count)
    return `${operator}-${count}`
  }

  graph(): LogicalGraph {
    return { nodes: [...this.#nodes], stores: [...this.#stores], problems: [...this.#problems] }
  }

  #gracesOf(name: string): readonly number[] {
    const node = this.#nodes.find((candidate) => candidate.name === name)
    if (node === undefined) return []
    if (node.kind === 'table-operator' && node.closesAfterMs !== undefined) return [node.closesAfterMs]
    return node.kind === 'partition' ? [] : node.parents.flatMap((parent) => this.#gracesOf(parent))
  }
}

const MISSING_SERDE: Serde<unknown> = {
  serialize: () => {
    throw new Error('The topology has no serde here and should not have passed validation.')
  },
  deserialize: () => {
    throw new Error('The topology has no serde here and should not have passed validation.')
  },
}
