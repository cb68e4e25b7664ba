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

/** The record cannot be worked on at the moment: try the same record again, once `ready` has settled. */
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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
