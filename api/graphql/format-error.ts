import { GraphQLError } from 'graphql'
import { NotAvailableError } from '../../topology/index.ts'
import type { Logger } from '../../topology/index.ts'
import { ResynchroniseError } from '../hub/mailbox.ts'
import { BusyError } from '../sessions/passwords.ts'
import { apiError } from './api-error.ts'

/** What a client sees of an error. Refusals are shown as they are; an internal error is logged and shown without its details. */
export function formatError(error: unknown, logger: Logger): GraphQLError {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error
  if (cause instanceof BusyError) return apiError('BUSY', cause.message)
  if (cause instanceof ResynchroniseError) return apiError('RESYNCHRONISE', cause.message)
  if (cause instanceof NotAvailableError) return apiError('UNAVAILABLE', 'This part of the bank is moving to another instance: try again.')
  // Thrown as a GraphQLError: a refusal of ours, or GraphQL's own because the request does not fit the schema.
  if (cause instanceof GraphQLError) return cause
  logger.error('a request failed', { error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) })
  return apiError('INTERNAL', 'Something went wrong on our side.')
}
