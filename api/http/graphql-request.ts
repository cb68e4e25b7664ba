import { apiError } from '../graphql/api-error.ts'

export interface GraphQLRequest {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>> | undefined
  readonly operationName: string | undefined
}

/** Reads a request's JSON body; one operation, no batch. Throws a `GraphQLError`. */
export function graphQLRequest(body: unknown): GraphQLRequest {
  if (!isObject(body)) throw apiError('BAD_USER_INPUT', 'One operation a request: a JSON object with "query".')
  const { query, variables, operationName } = body
  if (typeof query !== 'string') throw apiError('BAD_USER_INPUT', '"query" is the text of a document.')
  if (variables !== undefined && variables !== null && !isObject(variables)) throw apiError('BAD_USER_INPUT', '"variables" is an object.')
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    throw apiError('BAD_USER_INPUT', '"operationName" is text.')
  return { query, variables: variables ?? undefined, operationName: operationName ?? undefined }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
