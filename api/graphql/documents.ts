import { getOperationAST, GraphQLError, Kind, NoSchemaIntrospectionCustomRule, parse, specifiedRules, validate, visit } from 'graphql'
import type { ASTNode, DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { DOCUMENT_LIMITS, exceededLimitOf } from './document-limits.ts'

const MAX_CACHED = 200

/**
 * Parses and validates documents and caches valid ones, because parsing and validating takes most of the time of a small query. Invalid
 * documents are not cached, so that they cannot evict the page's.
 */
export class Documents {
  readonly schema: GraphQLSchema
  readonly #rules
  readonly #cached = new Map<string, DocumentNode>()
  readonly #shareable = new WeakMap<OperationDefinitionNode, boolean>()

  constructor(schema: GraphQLSchema, { introspection }: { readonly introspection: boolean }) {
    this.schema = schema
    this.#rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
  }

  /** Throws a `GraphQLError` with a code for a syntax error and for a document that exceeds the limits. */
  parse(text: string): DocumentNode {
    const known = this.#cached.get(text)
    if (known !== undefined) {
      this.#cached.delete(text)
      this.#cached.set(text, known) // most recently used: evicted last
      return known
    }
    return parseWithinLimits(text)
  }

  /** Empty for a valid document. */
  validate(text: string, document: DocumentNode): readonly GraphQLError[] {
    if (this.#cached.get(text) === document) return []
    const errors = validate(this.schema, document, this.#rules, { maxErrors: 10 }).map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'))
    if (errors.length > 0) return errors
    this.#cached.set(text, document)
    const [oldest] = this.#cached.keys()
    if (this.#cached.size > MAX_CACHED && oldest !== undefined) this.#cached.delete(oldest)
    return []
  }

  /** Parses, validates and selects the operation. Throws a `GraphQLError`. */
  operation(text: string, name: string | undefined): { readonly document: DocumentNode; readonly operation: OperationDefinitionNode } {
    const document = this.parse(text)
    const [error] = this.validate(text, document)
    if (error !== undefined) throw error
    const operation = getOperationAST(document, name)
    if (!operation) throw badRequest('The document has several operations, or none: name one of them in "operationName".')
    return { document, operation }
  }

  /** Whether all subscribers get the same result for an event: nothing below the root field depends on a variable. */
  isShareable(document: DocumentNode, operation: OperationDefinitionNode): boolean {
    let isShareable = this.#shareable.get(operation)
    if (isShareable === undefined) {
      const below = operation.selectionSet.selections.map((selection) =>
        selection.kind === Kind.FIELD ? selection.selectionSet : selection,
      )
      const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
      isShareable = [...below, ...fragments].every((node) => node === undefined || !usesVariables(node))
      this.#shareable.set(operation, isShareable)
    }
    return isShareable
  }
}

function parseWithinLimits(text: string): DocumentNode {
  let document: DocumentNode
  try {
    document = parse(text, { maxTokens: DOCUMENT_LIMITS.tokens })
  } catch (error) {
    throw error instanceof GraphQLError ? coded(error, 'GRAPHQL_PARSE_FAILED') : error
  }
  const exceeded = exceededLimitOf(document)
  if (exceeded !== undefined) throw badRequest(exceeded)
  return document
}

function usesVariables(node: ASTNode): boolean {
  let found = false
  visit(node, {
    Variable() {
      found = true
    },
  })
  return found
}

function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, { ...(error.nodes && { nodes: error.nodes }), extensions: { code } })
}

function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}
