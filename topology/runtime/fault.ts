import { StateFormatError, StateLockedError, StateUnavailableError, StateWriteError } from '../../state/index.ts'
import {
  FatalBrokerError,
  FencedError,
  OffsetOutOfRangeError,
  OutcomeUnknownError,
  RebalanceInProgressError,
  RecordRefusedError,
  RetriableBrokerError,
  UnknownMemberError,
  UnknownTopicError,
  UnreadableBatchError,
} from '../broker/index.ts'
import { FatalStreamsError, RecordError, RetriableError, TaskMigratedError, UnreadableMessageError } from '../errors.ts'

/**
 * Whose fault an error is, which decides the reaction to it:
 *
 * - `record`: an error handler has decided; the transaction is done again accordingly, at once.
 * - `migration`: another member owns the task, or the group has moved on. Expected; the task is opened again if it is still assigned here.
 * - `world`: the broker, the registry, a topic or a batch of it, the disk is not available. The task waits for as long as it takes, and says so.
 * - `task`: anything else, also what no one foresaw. The task is opened again with a growing pause, and not for ever.
 * - `application`: the topology, the rights or the configuration are wrong. Trying again cannot help: the instance fails.
 */
export type Fault = 'record' | 'migration' | 'world' | 'task' | 'application'

const APPLICATION = [
  FatalStreamsError,
  FatalBrokerError,
  RecordRefusedError,
  OffsetOutOfRangeError,
  StateLockedError,
  StateFormatError,
  UnreadableMessageError,
]
const WORLD = [RetriableError, RetriableBrokerError, OutcomeUnknownError, UnknownTopicError, UnreadableBatchError, StateUnavailableError]
const MIGRATION = [FencedError, UnknownMemberError, RebalanceInProgressError]

/** The error, or what caused it, may mean that a topic has been deleted, created again or enlarged. */
export function concernsTopic(error: unknown): boolean {
  if (error instanceof UnknownTopicError || error instanceof OffsetOutOfRangeError) return true
  return error instanceof Error && error.cause !== undefined && concernsTopic(error.cause)
}

/** The one place that decides. An error of a commit is judged by its cause. */
export function faultOf(error: unknown): Fault {
  if (APPLICATION.some((kind) => error instanceof kind)) return 'application'
  if (error instanceof RecordError) return 'record'
  if (WORLD.some((kind) => error instanceof kind)) return 'world'
  if (MIGRATION.some((kind) => error instanceof kind)) return 'migration'
  if (error instanceof StateWriteError && error.cause instanceof StateUnavailableError) return 'world'
  if (error instanceof TaskMigratedError) return error.cause === undefined ? 'migration' : faultOf(error.cause)
  return 'task'
}
