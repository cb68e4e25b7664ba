import { branch as branchOperator, passThrough } from '../operators/index.ts'
import type { Branch } from '../operators/index.ts'
import type { KStream } from './k-stream.ts'
import { outputOf } from './node-output.ts'
import type { NodeOutput } from './node-output.ts'
import { operatorNode } from './operator-nodes.ts'

type NamedBranch<K, V> = Branch<K, V> & { readonly branch: string }

/** A stream that is being split. A record goes to the first branch, in the order of the calls, whose predicate accepts it. */
export class BranchedKStream<K, V, Branches = unknown> {
  readonly #input: NodeOutput
  readonly #name: string
  readonly #branches: readonly NamedBranch<K, V>[]

  constructor(input: NodeOutput, name: string, branches: readonly NamedBranch<K, V>[] = []) {
    this.#input = input
    this.#name = name
    this.#branches = branches
  }

  /** Adds a branch for the records that the predicate accepts and no earlier branch has accepted. */
  branch<Name extends string, VOut extends V>(
    name: Name,
    predicate: (value: V, key: K) => value is VOut,
  ): BranchedKStream<K, Exclude<V, VOut>, Branches & { readonly [B in Name]: KStream<K, VOut> }>
  branch<Name extends string>(
    name: Name,
    predicate: (value: V, key: K) => boolean,
  ): BranchedKStream<K, V, Branches & { readonly [B in Name]: KStream<K, V> }>
  branch(name: string, predicate: (value: V, key: K) => boolean): unknown {
    return new BranchedKStream(this.#input, this.#name, [...this.#branches, { branch: name, child: `${this.#name}-${name}`, predicate }])
  }

  /** The streams by branch name. Records that no branch accepts go nowhere. */
  noDefaultBranch(): Branches {
    const { builder, node } = this.#input
    builder.add(operatorNode({ name: this.#name, parents: [node], supplier: () => branchOperator(this.#branches) }))
    const streams = this.#branches.map(({ branch, child }) => {
      builder.add(operatorNode({ name: child, parents: [this.#name], supplier: () => passThrough() }))
      return [branch, builder.make.stream(outputOf(child, this.#input, { key: true, value: true }))]
    })
    return Object.fromEntries(streams) as Branches
  }

  /** Like `noDefaultBranch`, with one more branch for all remaining records. */
  defaultBranch<Name extends string>(name: Name): Branches & { readonly [B in Name]: KStream<K, V> } {
    return this.branch(name, () => true).noDefaultBranch()
  }
}
