import { mutate, query } from './api/request.ts'
import type { Session } from './generated/graphql.ts'
import { reasonOf } from './reason.ts'

/** The signed-in user. The session itself is an HTTP-only cookie. */
class CurrentSession {
  /** `undefined` until the API has answered, `null` if signed out. */
  current = $state.raw<Session | null | undefined>(undefined)
  problem = $state.raw('')

  get isClient(): boolean {
    return this.current?.role === 'CLIENT'
  }

  get isEmployee(): boolean {
    return this.current?.role === 'EMPLOYEE'
  }

  async load(): Promise<void> {
    try {
      this.current = await query('me', {})
      this.problem = ''
    } catch (error) {
      this.problem = reasonOf(error)
      this.current = null
    }
  }

  /** Returns the reason of a refusal, or `undefined` on success. Throws if the bank cannot be reached. */
  async enter(action: 'signIn' | 'signUp', username: string, password: string): Promise<string | undefined> {
    const { session, reason } = await mutate(action, { username, password })
    if (session === null) return reason ?? 'That did not work.'
    this.current = session
    return undefined
  }

  async leave(): Promise<void> {
    await mutate('signOut', {})
    this.current = null
  }
}

export const session = new CurrentSession()
