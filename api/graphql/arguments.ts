import { apiError } from './api-error.ts'

/** Checks a number of rows and applies its default. */
export function rowCount(name: string, value: number | null | undefined, max: number, defaultCount: number): number {
  const count = value ?? defaultCount
  if (count < 1 || count > max) throw apiError('BAD_USER_INPUT', `"${name}" must be from 1 to ${max}.`)
  return count
}

/** How many rows of a list a page leaves out. */
export function rowOffset(value: number | null | undefined): number {
  const offset = value ?? 0
  if (offset < 0) throw apiError('BAD_USER_INPUT', '"offset" must be 0 or more.')
  return offset
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An id chosen by the client, in lower case, so that both spellings name the same thing. */
export function uuid(name: string, value: string): string {
  const id = value.toLowerCase()
  if (!UUID.test(id)) throw apiError('BAD_USER_INPUT', `"${name}" must be a UUID.`)
  return id
}

const LONGEST_TEXT = 256

/** Refuses a text, in whichever argument, that is longer than any of the bank's: before it becomes the key of anything. */
export function refuseLongTexts(args: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(args)) {
    if (typeof value === 'string' && value.length > LONGEST_TEXT)
      throw apiError('BAD_USER_INPUT', `"${name}" must have at most ${LONGEST_TEXT} characters.`)
  }
}
