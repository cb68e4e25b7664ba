import { z } from 'zod'
import { ConfigurationError } from '../configuration.ts'
import { PRINCIPALS, type Principal } from './bank-acls.ts'

const password = z.string().min(16)

/** Of each principal, from `BOB_PASSWORD_<NAME>`. Throws `ConfigurationError`. */
export function readPasswords(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<Principal, string>> {
  const nameOf = (principal: Principal): string => `BOB_PASSWORD_${principal.toUpperCase()}`
  const read = PRINCIPALS.map((principal) => [principal, password.safeParse(environment[nameOf(principal)])] as const)
  const wrong = read.filter(([, { success }]) => !success).map(([principal]) => nameOf(principal))
  if (wrong.length > 0) throw new ConfigurationError(`At least 16 characters are needed in ${wrong.join(', ')}.`)
  return Object.fromEntries(read.map(([principal, { data }]) => [principal, data])) as Record<Principal, string>
}
