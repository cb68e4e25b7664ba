import { Kind, type DocumentNode, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'

export interface DocumentLimits {
  /** The parser enforces it. */
  readonly tokens: number
  readonly depth: number
  readonly aliases: number
}

export const DOCUMENT_LIMITS: DocumentLimits = { tokens: 1_000, depth: 8, aliases: 15 }

/** The limit that a document exceeds, as a sentence; undefined: none. */
export function exceededLimitOf(document: DocumentNode, limits: DocumentLimits = DOCUMENT_LIMITS): string | undefined {
  const sizes = new Map<string, Size>()
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue
    const { depth, aliases } = sizeOf(node.selectionSet, fragments, sizes)
    if (depth > limits.depth && !isIntrospection(node)) return `A document may be ${limits.depth} levels deep: this one is ${depth} deep.`
    if (aliases > limits.aliases) return `A document may have ${limits.aliases} aliases: this one has ${aliases}.`
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
}

/** The aliases of a fragment count each time it is spread. A fragment that spreads itself is infinitely deep. */
function sizeOf(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>, sizes: Map<string, Size>): Size {
  let depth = 0
  let aliases = 0
  for (const selection of set.selections) {
    let below: Size = { depth: 0, aliases: 0 }
    if (selection.kind === Kind.FRAGMENT_SPREAD) below = sizeOfFragment(selection.name.value, fragments, sizes)
    else if (selection.selectionSet !== undefined) below = sizeOf(selection.selectionSet, fragments, sizes)
    const isField = selection.kind === Kind.FIELD
    depth = Math.max(depth, below.depth + (isField ? 1 : 0))
    aliases += below.aliases + (isField && selection.alias !== undefined ? 1 : 0)
  }
  return { depth, aliases }
}

function sizeOfFragment(name: string, fragments: ReadonlyMap<string, FragmentDefinitionNode>, sizes: Map<string, Size>): Size {
  const known = sizes.get(name)
  const fragment = fragments.get(name)
  if (known !== undefined) return known
  if (fragment === undefined) return { depth: 0, aliases: 0 }
  sizes.set(name, { depth: Number.POSITIVE_INFINITY, aliases: 0 })
  const size = sizeOf(fragment.selectionSet, fragments, sizes)
  sizes.set(name, size)
  return size
}
