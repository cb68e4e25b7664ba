import { apiError } from '../graphql/api-error.ts'

export interface GraphQLRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>> | undefined
  readonly operationName: string | undefined
}

/** Reads the JSON body of a request: one operation, no batch. Throws a `GraphQLError`. */
export function graphQLRequest(body: unknown): GraphQLRequest {
  if (!isObject(body)) throw apiError('BAD_USER_INPUT', 'The body must be a JSON object with "query": one operation per request.')
  const { query, variables, operationName } = body
  if (typeof query !== 'string') throw apiError('BAD_USER_INPUT', '"query" must be the text of a GraphQL document.')
  if (variables !== undefined && variables !== null && !isObject(variables))
    throw apiError('BAD_USER_INPUT', '"variables" must be an object.')
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    throw apiError('BAD_USER_INPUT', '"operationName" must be a string.')
  return { query, variables: variables ?? undefined, operationName: operationName ?? undefined }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
