import { isCommonPassword } from '../api/index.ts'
import { ConfigurationError } from './configuration-error.ts'

/** Printed in the documentation, and so known to everybody. */
export const DEVELOPMENT_PASSWORD = 'open-sesame'
export const DEVELOPMENT_SECRET = 'a secret for this machine alone'

const ADVICE = 'Make one with "openssl rand -hex 32".'
const SHORTEST_PASSWORD = 12
const SHORTEST_SECRET = 32
/** A random text of these lengths repeats few characters. */
const FEWEST_CHARACTERS = 6

/** In production, a secret that strangers know or can guess is refused. Throws `ConfigurationError`, which does not contain it. */
export function requireStrong(secrets: { readonly BOB_SECRET?: string; readonly BOB_EMPLOYEE_PASSWORD?: string | undefined }): void {
  const { BOB_SECRET: secret, BOB_EMPLOYEE_PASSWORD: password } = secrets
  if (secret !== undefined && (secret === DEVELOPMENT_SECRET || isGuessable(secret, SHORTEST_SECRET)))
    throw new ConfigurationError(`In production, BOB_SECRET must be a random text of at least ${SHORTEST_SECRET} characters. ${ADVICE}`)
  if (
    'BOB_EMPLOYEE_PASSWORD' in secrets &&
    (password === undefined ||
      password === DEVELOPMENT_PASSWORD ||
      isGuessable(password, SHORTEST_PASSWORD) ||
      isCommonPassword(password, ''))
  )
    throw new ConfigurationError(
      `In production, BOB_EMPLOYEE_PASSWORD must be set to a password of its own, of at least ${SHORTEST_PASSWORD} characters. ${ADVICE}`,
    )
}

function isGuessable(text: string, shortest: number): boolean {
  return text.length < shortest || new Set(text).size < FEWEST_CHARACTERS
}
