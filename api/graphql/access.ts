import type { BankReader, TransferDetails } from '../ports/bank-reader.ts'
import type { SignedInUser } from '../sessions/sign-in.ts'
import { apiError } from './api-error.ts'
import type { RequestContext } from './request-context.ts'

/**
 * Who may see what: the company account is everybody's, a client sees the accounts he owns now, an employee sees all and changes
 * nothing. What somebody may not see is told as if it were not there.
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

  /** Alerts are for an account's owners, the company's too; employees get all. */
  async canBeAlerted(user: SignedInUser, iban: string): Promise<boolean> {
    return user.role === 'EMPLOYEE' || ((await this.#reader.account(iban))?.owners.includes(user.username) ?? false)
  }

  async canSeeTransfer(user: SignedInUser | undefined, { from, to, username }: TransferDetails): Promise<boolean> {
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
  if (user.role !== 'CLIENT') throw apiError('FORBIDDEN', 'Employees see everything and change nothing.')
  return user
}

export function requireEmployee(context: RequestContext): SignedInUser {
  const user = requireUser(context)
  if (user.role !== 'EMPLOYEE') throw apiError('FORBIDDEN', 'This is for employees.')
  return user
}
