/**
 * Whether the value is a timestamp: whole milliseconds since the epoch, from 0 to 2^53 − 1. Anything else is refused where it comes in, because no
 * order, window or wire format can hold it.
 */
export function isTimestamp(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** The error for what is no timestamp; `from` says where it came in. */
export function invalidTimestamp(value: unknown, from: string): Error {
  return refusal(value, `${from} has the timestamp ${shown(value)}. Use a whole number of milliseconds since the epoch, 0 or greater.`)
}

/** The same for a put into a store. */
export function invalidPut(timestamp: unknown, store: string): Error {
  return invalidTimestamp(timestamp, `A put into store ${store}`)
}

/** The error for what is no start of a window and no time of a row, which may be before 1970. */
export function invalidStart(value: unknown, from: string): Error {
  return refusal(value, `${from} has the start ${shown(value)}. Use a whole number of milliseconds.`)
}

function refusal(value: unknown, message: string): Error {
  return typeof value === 'number' ? new RangeError(message) : new TypeError(message)
}

function shown(value: unknown): string {
  return typeof value === 'number' || value === undefined || value === null ? String(value) : `${typeof value} ${String(value)}`
}
