import { getOperationAST, GraphQLError, Kind, NoSchemaIntrospectionCustomRule, parse, specifiedRules, validate, visit } from 'graphql'
import type { ASTNode, DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { DOCUMENT_LIMITS, excessOf } from './document-limits.ts'

const MOST_KEPT = 200

/**
 * Documents that were found good, so that a page's queries are parsed and validated once: without it most of a small query's time goes
 * there. What is not good is looked at anew each time, so nobody can fill the memory with it.
 */
export class Documents {
  readonly schema: GraphQLSchema
  readonly #rules
  readonly #kept = new Map<string, DocumentNode>()
  readonly #shareable = new WeakMap<OperationDefinitionNode, boolean>()

  constructor(schema: GraphQLSchema, { introspection }: { readonly introspection: boolean }) {
    this.schema = schema
    this.#rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
  }

  /** Throws a `GraphQLError` with a code for text that is no document, or one beyond the limits. */
  parse(text: string): DocumentNode {
    const known = this.#kept.get(text)
    if (known !== undefined) {
      this.#kept.delete(text)
      this.#kept.set(text, known) // now the last to be dropped
      return known
    }
    return parseWithinLimits(text)
  }

  /** The errors, none for a good document. */
  validate(text: string, document: DocumentNode): readonly GraphQLError[] {
    if (this.#kept.get(text) === document) return []
    const errors = validate(this.schema, document, this.#rules, { maxErrors: 10 }).map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'))
    if (errors.length > 0) return errors
    this.#kept.set(text, document)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest)
    return []
  }

  /** Both of the above and the choice of the operation. Throws a `GraphQLError`. */
  operation(text: string, name: string | undefined): { readonly document: DocumentNode; readonly operation: OperationDefinitionNode } {
    const document = this.parse(text)
    const [error] = this.validate(text, document)
    if (error !== undefined) throw error
    const operation = getOperationAST(document, name)
    if (!operation) throw badRequest('Say which operation of the document is meant.')
    return { document, operation }
  }

  /** Whether the result for one event is the same for everybody: nothing below the root field depends on a variable. */
  isShareable(document: DocumentNode, operation: OperationDefinitionNode): boolean {
    let answer = this.#shareable.get(operation)
    if (answer === undefined) {
      const below = operation.selectionSet.selections.map((selection) =>
        selection.kind === Kind.FIELD ? selection.selectionSet : selection,
      )
      const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
      answer = [...below, ...fragments].every((node) => node === undefined || !usesVariables(node))
      this.#shareable.set(operation, answer)
    }
    return answer
  }
}

function parseWithinLimits(text: string): DocumentNode {
  let document: DocumentNode
  try {
    document = parse(text, { maxTokens: DOCUMENT_LIMITS.tokens })
  } catch (error) {
    throw error instanceof GraphQLError ? coded(error, 'GRAPHQL_PARSE_FAILED') : error
  }
  const excess = excessOf(document)
  if (excess !== undefined) throw badRequest(excess)
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
