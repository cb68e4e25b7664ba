import { isCommonPassword } from '../api/index.ts'
import { ConfigurationError } from './configuration-error.ts'

/** Printed in the documentation, and so no secrets. */
export const DEVELOPMENT_PASSWORD = 'open-sesame'
export const DEVELOPMENT_SECRET = 'a secret for this machine alone'

const ADVICE = 'Make one with "openssl rand -hex 32".'
const SHORTEST_PASSWORD = 12
const SHORTEST_SECRET = 32
/** A random text of these lengths repeats few characters. */
const FEWEST_CHARACTERS = 6

/** In production, a secret that strangers know or can guess is refused. Throws `ConfigurationError`, which does not contain it. */
export function requireStrongSecret(secret: string): void {
  if (secret === DEVELOPMENT_SECRET || isGuessable(secret, SHORTEST_SECRET))
    throw new ConfigurationError(`In production, BOB_SECRET must be a random text of at least ${SHORTEST_SECRET} characters. ${ADVICE}`)
}

/** The same for the password of the employee. */
export function requireStrongPassword(password: string | undefined): void {
  if (password === undefined || isGuessable(password, SHORTEST_PASSWORD) || isCommonPassword(password, ''))
    throw new ConfigurationError(
      `In production, BOB_EMPLOYEE_PASSWORD must be set to a password of its own, of at least ${SHORTEST_PASSWORD} characters. ${ADVICE}`,
    )
}

function isGuessable(text: string, shortest: number): boolean {
  return text.length < shortest || new Set(text).size < FEWEST_CHARACTERS
}
