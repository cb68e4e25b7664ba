import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

export interface DocumentLimits {
  /** The parser enforces it. */
  readonly tokens: number
  readonly depth: number
  readonly aliases: number
  /** Those of a fragment count each time it is spread. */
  readonly fields: number
  /** Fields that an operation selects again in the same place. Validation compares each with all others of its name. */
  readonly repeats: number
}

export const DOCUMENT_LIMITS: DocumentLimits = { tokens: 1_000, depth: 8, aliases: 15, fields: 400, repeats: 40 }

/** The limit that a document exceeds, as a sentence; undefined: none. Costs far less than validating it. */
export function exceededLimitOf(document: DocumentNode, limits: DocumentLimits = DOCUMENT_LIMITS): string | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
  const sizes = new Sizes(fragments)
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION && node.kind !== Kind.FRAGMENT_DEFINITION) continue
    const { depth, aliases, fields, repeats } = sizes.ofField(node.selectionSet)
    const mayBeDeep = node.kind === Kind.FRAGMENT_DEFINITION || isIntrospection(node)
    if (depth > limits.depth && !mayBeDeep) return `A document may be ${limits.depth} levels deep: this one is ${depth} deep.`
    if (aliases > limits.aliases) return `A document may have ${limits.aliases} aliases: this one has ${aliases}.`
    if (fields > limits.fields) return `A document may select ${limits.fields} fields: this one selects ${fields}.`
    if (repeats > limits.repeats) return `A document may repeat ${limits.repeats} fields: this one repeats ${repeats}.`
  }
  return undefined
}

/** The explorer's introspection query is 13 levels deep. In production, where introspection is off, validation refuses it. */
function isIntrospection({ name, selectionSet }: OperationDefinitionNode): boolean {
  return (
    name?.value === 'IntrospectionQuery' &&
    selectionSet.selections.every((selection) => selection.kind === Kind.FIELD && selection.name.value === '__schema')
  )
}

interface Size {
  readonly depth: number
  readonly aliases: number
  readonly fields: number
  /** In the selection sets below. */
  readonly repeats: number
  /** Fields of the set itself, and their distinct names in the answer. */
  readonly own: number
  readonly names: ReadonlySet<string>
}

const ENDLESS = Number.POSITIVE_INFINITY
const NOTHING: Size = { depth: 0, aliases: 0, fields: 0, repeats: 0, own: 0, names: new Set() }

/** Sizes of selection sets. What a fragment selects counts each time it is spread; one that spreads itself is infinitely large. */
class Sizes {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #known = new Map<string, Size>()

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments
  }

  /** Of the set that a field or an operation selects: there, fields with the same name are repeats. */
  ofField(set: SelectionSetNode | undefined): Size {
    if (set === undefined) return NOTHING
    const size = this.#of(set)
    return { ...size, repeats: size.repeats + size.own - size.names.size }
  }

  #of(set: SelectionSetNode): Size {
    let [depth, aliases, fields, repeats, own] = [0, 0, 0, 0, 0]
    const names = new Set<string>()
    for (const selection of set.selections) {
      const isField = selection.kind === Kind.FIELD
      const below = isField ? this.ofField(selection.selectionSet) : this.#ofFragment(selection)
      depth = Math.max(depth, below.depth + (isField ? 1 : 0))
      aliases += below.aliases + (isField && selection.alias !== undefined ? 1 : 0)
      fields += below.fields + (isField ? 1 : 0)
      repeats += below.repeats
      own += isField ? 1 : below.own
      for (const name of isField ? [(selection.alias ?? selection.name).value] : below.names) names.add(name)
    }
    return { depth, aliases, fields, repeats, own, names }
  }

  #ofFragment(selection: FragmentSpreadNode | InlineFragmentNode): Size {
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.#of(selection.selectionSet)
    const name = selection.name.value
    const fragment = this.#fragments.get(name)
    if (fragment === undefined) return NOTHING
    const known = this.#known.get(name)
    if (known !== undefined) return known
    this.#known.set(name, { ...NOTHING, depth: ENDLESS, fields: ENDLESS })
    const size = this.#of(fragment.selectionSet)
    this.#known.set(name, size)
    return size
  }
}
