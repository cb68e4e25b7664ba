/** The engine's own errors, named after what the runtime does next. Anything else that a processor throws is the fault of its record. */
export abstract class StreamsError extends Error {
  abstract readonly code: string
}

/** Another member owns the task by now, or may own it: drop what is not committed, and open the task again if it is still assigned here. */
export class TaskMigratedError extends StreamsError {
  readonly code = 'TASK_MIGRATED'
}

/** Why local state cannot be trusted. */
export type CorruptionReason = 'ahead-of-changelog' | 'changelog-recreated' | 'changelog-truncated' | 'damaged-rows' | 'too-old'

/** The task's local state cannot be trusted: it is wiped and restored from its changelogs. */
export class TaskCorruptedError extends StreamsError {
  readonly code = 'TASK_CORRUPTED'
  readonly reason: CorruptionReason

  constructor(message: string, options: ErrorOptions & { readonly reason: CorruptionReason }) {
    super(message, options)
    this.reason = options.reason
  }
}

/** The task failed at something that no record is to blame for (a punctuator): the transaction is done again after a pause. */
export class TaskFailedError extends StreamsError {
  readonly code = 'TASK_FAILED'
}

/**
 * The record cannot be processed at the moment: it is tried again once `ready` has resolved or rejected. Serdes that cannot import this class may throw any
 * error with a promise called `ready`.
 */
export class RetriableError extends StreamsError {
  readonly code = 'RETRIABLE'
  readonly ready: Promise<unknown>

  constructor(message: string, options: ErrorOptions & { readonly ready: Promise<unknown> }) {
    super(message, options)
    this.ready = options.ready
  }
}

/** No reachable instance could answer a query in time: retry. */
export class NotAvailableError extends StreamsError {
  readonly code = 'NOT_AVAILABLE'
}

/** Nothing that the engine can repair: the instance fails. The message says what to do. */
export class FatalStreamsError extends StreamsError {
  readonly code = 'STREAMS_FATAL'
}

/** The error as a `RetriableError`, if it is one or carries a promise called `ready`. */
export function asRetriable(error: unknown): RetriableError | undefined {
  if (error instanceof RetriableError) return error
  if (!(error instanceof Error) || !('ready' in error) || !(error.ready instanceof Promise)) return undefined
  return new RetriableError(error.message, { cause: error, ready: error.ready })
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
