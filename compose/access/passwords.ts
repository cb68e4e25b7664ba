import { z } from 'zod'
import { ConfigurationError } from '../configuration-error.ts'
import { PRINCIPALS, type Principal } from './bank-acls.ts'

const password = z.string().min(16)

/** The principals' passwords, from `BOB_PASSWORD_<PRINCIPAL>`. Throws `ConfigurationError`. */
export function readPasswords(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<Principal, string>> {
  const nameOf = (principal: Principal): string => `BOB_PASSWORD_${principal.toUpperCase()}`
  const read = PRINCIPALS.map((principal) => [principal, password.safeParse(environment[nameOf(principal)])] as const)
  const invalid = read.filter(([, { success }]) => !success).map(([principal]) => nameOf(principal))
  if (invalid.length > 0) throw new ConfigurationError(`Set ${invalid.join(', ')} to at least 16 characters each.`)
  return Object.fromEntries(read.map(([principal, { data }]) => [principal, data])) as Record<Principal, string>
}
