import type { ExecutionResult } from 'graphql'
import { processRequest, renderGraphiQL } from 'graphql-helix'
import type { Logger } from '../../topology/index.ts'
import { apiError } from '../graphql/api-error.ts'
import type { Documents } from '../graphql/documents.ts'
import { formatError } from '../graphql/format-error.ts'
import type { RequestContext } from '../graphql/request-context.ts'
import type { GraphQLRequest } from './graphql-request.ts'

export interface HelixAnswer {
  readonly status: number
  readonly payload: ExecutionResult
}

/** Answers queries and mutations. The only importer of graphql-helix, which is no longer maintained. */
export class Helix {
  readonly #documents: Documents
  readonly #logger: Logger

  constructor(documents: Documents, logger: Logger) {
    this.#documents = documents
    this.#logger = logger
  }

  async answer({ query, variables, operationName }: GraphQLRequest, context: RequestContext): Promise<HelixAnswer> {
    const documents = this.#documents
    const { status, payload } = await processRequest({
      schema: documents.schema,
      query,
      variables,
      operationName,
      request: { headers: { accept: 'application/json' }, method: 'POST', query: {} },
      parse: () => documents.parse(query),
      validate: (_schema, document) => documents.validate(query, document),
      contextFactory: ({ operation }) => {
        if (operation.operation === 'subscription') throw apiError('BAD_USER_INPUT', 'Send subscriptions to /graphql/stream.')
        return context
      },
      formatPayload: ({ payload }) => this.#withFormattedErrors(payload),
    })
    return { status, payload: this.#withFormattedErrors(payload) }
  }

  #withFormattedErrors(payload: ExecutionResult): ExecutionResult {
    return payload.errors === undefined ? payload : { ...payload, errors: payload.errors.map((error) => formatError(error, this.#logger)) }
  }
}

/** Needs no session. */
const FIRST_QUERY = `# The bank's own account, and the instances with their tasks.
# Sign in with the mutation signIn to see more.
{
  account(iban: "NL66OPEN0000000000") {
    balance
    lastTransaction { amount direction counterparty description }
  }
  instances { id state tasks { id state lag } }
}
`

/** GraphiQL as one self-contained page. */
export function explorerPage(endpoint: string): string {
  return renderGraphiQL({ endpoint, defaultQuery: FIRST_QUERY })
}
