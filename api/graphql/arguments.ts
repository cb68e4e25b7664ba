import { apiError } from './api-error.ts'

/** Checks a number of rows and applies its default. */
export function rowCount(name: string, value: number | null | undefined, max: number, defaultCount: number): number {
  const count = value ?? defaultCount
  if (count < 1 || count > max) throw apiError('BAD_USER_INPUT', `"${name}" must be from 1 to ${max}.`)
  return count
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An id chosen by the client, in lower case, so that both spellings name the same thing. */
export function uuid(name: string, value: string): string {
  const id = value.toLowerCase()
  if (!UUID.test(id)) throw apiError('BAD_USER_INPUT', `"${name}" must be a UUID.`)
  return id
}

const LONGEST_TEXT = 256

export function text(name: string, value: string): string {
  if (value.length > LONGEST_TEXT) throw apiError('BAD_USER_INPUT', `"${name}" must have at most ${LONGEST_TEXT} characters.`)
  return value
}
