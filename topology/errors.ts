/** The engine's own errors, named after what the runtime must do next. Whatever else a processor throws concerns its record. */
export abstract class StreamsError extends Error {
  abstract readonly code: string
}

/** The task belongs to another instance by now, or may: drop what is in hand; if it is still ours, open it again. */
export class TaskMigratedError extends StreamsError {
  readonly code = 'TASK_MIGRATED'
}

/** The task's local state cannot be trusted: wipe it and restore it from its changelogs. */
export class TaskCorruptedError extends StreamsError {
  readonly code = 'TASK_CORRUPTED'
}

/** Something of the task failed that no record can be blamed for (a punctuator): do the transaction again after a while. */
export class TaskFailedError extends StreamsError {
  readonly code = 'TASK_FAILED'
}

/**
 * The record cannot be worked on at the moment: try the same record again, once `ready` has settled. Serdes that cannot import
 * this class may throw any error with a promise called `ready`.
 */
export class RetriableError extends StreamsError {
  readonly code = 'RETRIABLE'
  readonly ready: Promise<unknown>

  constructor(message: string, options: ErrorOptions & { readonly ready: Promise<unknown> }) {
    super(message, options)
    this.ready = options.ready
  }
}

/** A query found nobody to answer it in time: ask again. */
export class NotAvailableError extends StreamsError {
  readonly code = 'NOT_AVAILABLE'
}

/** Nothing the engine can mend: the instance stops. The message says what to do. */
export class FatalStreamsError extends StreamsError {
  readonly code = 'STREAMS_FATAL'
}

/** The error as a retriable one, if it says that it is. */
export function asRetriable(error: unknown): RetriableError | undefined {
  if (error instanceof RetriableError) return error
  if (!(error instanceof Error) || !('ready' in error) || !(error.ready instanceof Promise)) return undefined
  return new RetriableError(error.message, { cause: error, ready: error.ready })
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
