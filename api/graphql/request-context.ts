import type { SignedInUser } from '../sessions/sign-in.ts'
import type { RowBudget } from './row-budget.ts'

/** The user and address of a request, and the session operations that set its cookie. */
export interface RequestContext {
  readonly user: SignedInUser | undefined
  /** For limits: an IPv4 address, or an IPv6 network. */
  readonly address: string
  readonly rows: RowBudget
  /** Id of the last event that the client received before its stream was interrupted. */
  readonly lastEventId: string | undefined
  /** Ends the request's session, if it has one, and begins one for the user. */
  beginSession(user: SignedInUser): Promise<void>
  endSession(): Promise<void>
}
