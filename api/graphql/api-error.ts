import { GraphQLError } from 'graphql'

/**
 * The stable `extensions.code` of an error: clients react to it, never to the message. `NOT_FOUND` is also the answer for what belongs
 * to another user, so that it does not reveal what exists. After `UNAVAILABLE` (a task is moving, a projection lags) and `BUSY` the
 * client can retry the same request.
 */
export type ApiErrorCode =
  'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'BAD_USER_INPUT' | 'UNAVAILABLE' | 'BUSY' | 'TOO_LARGE' | 'RESYNCHRONISE' | 'INTERNAL'

export function apiError(code: ApiErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

export const notFound = (): GraphQLError => apiError('NOT_FOUND', 'Not found.')
