import { FatalStreamsError, messageOf, type RecordError } from '../errors.ts'

/**
 * What happens to a record that failed:
 *
 * - `park`: it becomes a dead letter, and later records of its key wait behind it until it is redriven or discarded.
 * - `continue`: it is dropped and counted. Later records of its key are processed.
 * - `fail`: the instance fails.
 */
export type ErrorResponse = 'continue' | 'park' | 'fail'

/** A response, or a function that chooses one for each record. A function that throws fails the instance. */
export type ErrorHandler = ErrorResponse | ((error: RecordError) => ErrorResponse)

/** As Kafka Streams' handlers (KIP-161, KIP-210, KIP-1033); the default is `park` where Kafka Streams fails. */
export interface ErrorHandlers {
  /**
   * A record's bytes cannot be read, or it has no valid timestamp: `deserialization.exception.handler`. Default `park`. A record of a global table cannot be
   * parked: `park` drops it from the table, as `continue` does.
   */
  readonly read?: ErrorHandler
  /** A processor threw: `processing.exception.handler`. A punctuator that throws has no record; `park` means for it that the task is opened again. Default `park`. */
  readonly process?: ErrorHandler
  /** An output record cannot be serialized or sent: `production.exception.handler`. Default `park`. */
  readonly produce?: ErrorHandler
  /** A topic that gets what `continue` drops, with the headers of a dead letter (KIP-1034). Default: none. */
  readonly droppedRecordsTopic?: string
}

/** Throws `FatalStreamsError` for a handler that throws, or that answers anything else. */
export function responseTo(error: RecordError, handlers: ErrorHandlers): ErrorResponse {
  const handler = handlers[error.stage] ?? 'park'
  const response = typeof handler === 'function' ? answerOf(handler, error) : handler
  if (RESPONSES.includes(response)) return response
  throw new FatalStreamsError(
    `The handler of ${error.stage} errors answered ${String(response)} to: ${error.message}. It must answer ${RESPONSES.join(', ')}.`,
  )
}

const RESPONSES: readonly ErrorResponse[] = ['continue', 'park', 'fail']

function answerOf(handler: (error: RecordError) => ErrorResponse, error: RecordError): ErrorResponse {
  try {
    return handler(error)
  } catch (cause) {
    throw new FatalStreamsError(`The handler of ${error.stage} errors threw: ${messageOf(cause)}. It was asked about: ${error.message}`, {
      cause,
    })
  }
}

/** The error with which the instance fails where the handler says `fail`. */
export function failing(cause: RecordError): FatalStreamsError {
  return new FatalStreamsError(
    `${cause.message}. The handler of ${cause.stage} errors says fail: correct the record or the code, or let the handler park or drop it.`,
    { cause },
  )
}
