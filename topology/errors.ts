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
    this.ready.catch(() => undefined) // it may reject before the reader of the record gets to wait for it
  }
}

/** Where a record failed: while its bytes were read, in a processor or punctuator, or while an output record was made of its result. */
export type RecordStage = 'read' | 'process' | 'produce'

export interface RecordErrorOptions extends ErrorOptions {
  readonly stage: RecordStage
  readonly task: string
  /** Name of the node that threw, as in `describe()`; undefined for an error of reading. */
  readonly operator: string | undefined
  /** Undefined for a punctuator, which processes no record. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number } | undefined
  /** As it lies in the topic; null in a punctuator, too. */
  readonly key: Uint8Array | null
}

/** A record's own fault: an error handler decides what happens to the record. `cause` is what was thrown. */
export class RecordError extends StreamsError {
  readonly code = 'RECORD'
  readonly stage: RecordStage
  readonly task: string
  readonly operator: string | undefined
  readonly origin: RecordErrorOptions['origin']
  readonly key: Uint8Array | null

  constructor(options: RecordErrorOptions) {
    const { stage, task, operator, origin, key, cause } = options
    const place = operator === undefined ? `task ${task}` : `operator ${operator} of task ${task}`
    const what = origin === undefined ? 'A punctuator' : `${origin.topic}-${origin.partition}@${origin.offset} (key ${shortKey(key)})`
    super(`${what} failed at stage ${stage} in ${place}: ${messageOf(cause)}`, { cause })
    this.stage = stage
    this.task = task
    this.operator = operator
    this.origin = origin
    this.key = key
  }
}

/** A subscription or an assignment of the group that this version of the engine cannot read: another version, or another program, wrote it. */
export class UnreadableMessageError extends StreamsError {
  readonly code = 'UNREADABLE_MESSAGE'
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

const STACK_CHARACTERS = 2_000

/** The beginning of the stack of what was thrown, if it is an error. */
export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack?.slice(0, STACK_CHARACTERS) : undefined
}

const SHOWN_KEY_BYTES = 40

/** A key for logs and errors: its text where it is printable, else hexadecimal; shortened. */
export function shortKey(key: Uint8Array | null): string {
  if (key === null) return 'null'
  const head = Buffer.from(key.subarray(0, SHOWN_KEY_BYTES))
  const text = head.toString('utf8')
  const isText = !/[\p{C}\uFFFD]/u.test(text)
  return `${isText ? JSON.stringify(text) : `0x${head.toString('hex')}`}${key.length > SHOWN_KEY_BYTES ? '…' : ''}`
}
