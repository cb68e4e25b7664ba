import type { NamedTransferView } from '../../processors/index.ts'
import type { BankReader } from '../ports/bank-reader.ts'
import type { SignedInUser } from '../sessions/sign-in.ts'
import { apiError } from './api-error.ts'
import type { RequestContext } from './request-context.ts'

/**
 * Access rights. The company account is public, a client sees the accounts it currently owns, an employee sees everything and changes
 * nothing. What the user may not see is reported like what does not exist.
 */
export class Access {
  readonly #reader: BankReader
  readonly #companyIban: string

  constructor(reader: BankReader, companyIban: string) {
    this.#reader = reader
    this.#companyIban = companyIban
  }

  async canSeeAccount(user: SignedInUser | undefined, iban: string): Promise<boolean> {
    if (iban !== this.#companyIban && user === undefined) return false
    const account = await this.#reader.account(iban)
    if (account === undefined) return false
    return iban === this.#companyIban || user?.role === 'EMPLOYEE' || account.owners.includes(user?.username ?? '')
  }

  /** Alerts go to the owners of the account (also for the company account) and to all employees. */
  async canBeAlerted(user: SignedInUser, iban: string): Promise<boolean> {
    return user.role === 'EMPLOYEE' || ((await this.#reader.account(iban))?.owners.includes(user.username) ?? false)
  }

  async canSeeTransfer(user: SignedInUser | undefined, { from, to, username }: NamedTransferView): Promise<boolean> {
    if (user?.role === 'EMPLOYEE' || (user !== undefined && user.username === username)) return true
    return (await this.canSeeAccount(user, from)) || (await this.canSeeAccount(user, to))
  }
}

export function requireUser({ user }: RequestContext): SignedInUser {
  if (user === undefined) throw apiError('UNAUTHENTICATED', 'Sign in first.')
  return user
}

export function requireClient(context: RequestContext): SignedInUser {
  const user = requireUser(context)
  if (user.role !== 'CLIENT') throw apiError('FORBIDDEN', 'Employees can see everything and change nothing. Sign in as a client.')
  return user
}

export function requireEmployee(context: RequestContext): SignedInUser {
  const user = requireUser(context)
  if (user.role !== 'EMPLOYEE') throw apiError('FORBIDDEN', 'Only employees may ask for this.')
  return user
}
