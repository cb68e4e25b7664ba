import { apiError } from './api-error.ts'

/** A number of rows: from 1 to as many as one answer may hold. */
export function rowCount(name: string, value: number | null | undefined, most: number, otherwise: number): number {
  const count = value ?? otherwise
  if (count < 1 || count > most) throw apiError('BAD_USER_INPUT', `"${name}" is from 1 to ${most}.`)
  return count
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An id that the client chose; in lower case, so that it stays the same id. */
export function uuid(name: string, value: string): string {
  const id = value.toLowerCase()
  if (!UUID.test(id)) throw apiError('BAD_USER_INPUT', `"${name}" is a UUID.`)
  return id
}

const LONGEST_TEXT = 256

export function text(name: string, value: string): string {
  if (value.length > LONGEST_TEXT) throw apiError('BAD_USER_INPUT', `"${name}" has at most ${LONGEST_TEXT} characters.`)
  return value
}
