import { GraphQLError } from 'graphql'

/**
 * What the API refuses, by the code that clients react to. `NOT_FOUND` is also the answer for what belongs to somebody else, so that
 * nobody learns what is there.
 */
export type ApiErrorCode =
  'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'BAD_USER_INPUT' | 'UNAVAILABLE' | 'BUSY' | 'RESYNCHRONISE' | 'INTERNAL'

export function apiError(code: ApiErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

export const notFound = (): GraphQLError => apiError('NOT_FOUND', 'Not found.')
