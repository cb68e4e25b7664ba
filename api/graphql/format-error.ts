import { GraphQLError } from 'graphql'
import { NotAvailableError } from '../../topology/index.ts'
import type { Logger } from '../../topology/index.ts'
import { ResynchroniseError } from '../hub/mailbox.ts'
import { BusyError } from '../sessions/passwords.ts'
import { apiError } from './api-error.ts'

/** What a client gets to see of an error: refusals as they are, faults of ours without their insides, which go to the log. */
export function formatError(error: unknown, logger: Logger): GraphQLError {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error
  if (cause instanceof BusyError) return apiError('BUSY', cause.message)
  if (cause instanceof ResynchroniseError) return apiError('RESYNCHRONISE', cause.message)
  if (cause instanceof NotAvailableError) return apiError('UNAVAILABLE', 'This part of the bank is moving to another instance: try again.')
  // Without an original error it comes from GraphQL itself: the request does not fit the schema.
  if (cause instanceof GraphQLError) return cause
  logger.error('a request failed', { error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) })
  return apiError('INTERNAL', 'Something went wrong on our side.')
}
