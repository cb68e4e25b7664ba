/** A stream that is being split: branches are tried in the order in which they were named. */
import { branch as branchOperator } from '../operators/branch.ts'
import type { Branch } from '../operators/branch.ts'
import { passThrough } from '../operators/pass-through.ts'
import { drawnAt, operatorNode } from './drawn.ts'
import type { Drawn } from './drawn.ts'
import { KStream } from './k-stream.ts'

export class BranchedKStream<K, V, Branches = unknown> {
  private readonly drawn: Drawn
  private readonly name: string
  private readonly drawnBranches: readonly (Branch<K, V> & { readonly branch: string })[]

  constructor(drawn: Drawn, name: string, drawnBranches: readonly (Branch<K, V> & { readonly branch: string })[] = []) {
    this.drawn = drawn
    this.name = name
    this.drawnBranches = drawnBranches
  }

  /** Adds a branch for the records that the predicate accepts and no earlier one did. */
  branch<Name extends string, VOut extends V>(
    name: Name,
    predicate: (value: V, key: K) => value is VOut,
  ): BranchedKStream<K, Exclude<V, VOut>, Branches & { readonly [B in Name]: KStream<K, VOut> }>
  branch<Name extends string>(
    name: Name,
    predicate: (value: V, key: K) => boolean,
  ): BranchedKStream<K, V, Branches & { readonly [B in Name]: KStream<K, V> }>
  branch(name: string, predicate: (value: V, key: K) => boolean): unknown {
    return new BranchedKStream(this.drawn, this.name, [...this.drawnBranches, { branch: name, child: `${this.name}-${name}`, predicate }])
  }

  /** The streams by the names of their branches; what no branch wants is left out. */
  noDefaultBranch(): Branches {
    const { drawing, node } = this.drawn
    drawing.add(operatorNode({ name: this.name, parents: [node], supplier: () => branchOperator(this.drawnBranches) }))
    const streams = this.drawnBranches.map(({ branch, child }) => {
      drawing.add(operatorNode({ name: child, parents: [this.name], supplier: () => passThrough() }))
      return [branch, new KStream(drawnAt(this.drawn, child, { key: true, value: true }))]
    })
    return Object.fromEntries(streams) as Branches
  }

  /** As `noDefaultBranch`, with one branch more for all the rest. */
  defaultBranch<Name extends string>(name: Name): Branches & { readonly [B in Name]: KStream<K, V> } {
    return this.branch(name, () => true).noDefaultBranch()
  }
}
