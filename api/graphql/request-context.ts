import type { SignedInUser } from '../sessions/sign-in.ts'

/** Who asks, from where, and the way to give him a cookie. */
export interface RequestContext {
  readonly user: SignedInUser | undefined
  readonly address: string
  /** Id of the last event that the client saw on a stream that was cut. */
  readonly lastEventId: string | undefined
  /** Ends the session of this request, if there is one, and begins one for the user. */
  beginSession(user: SignedInUser): Promise<void>
  endSession(): Promise<void>
}
