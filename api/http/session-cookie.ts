import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RequestContext } from '../graphql/request-context.ts'
import { RowBudget } from '../graphql/row-budget.ts'
import { networkOf } from '../limits/network-of.ts'
import type { Role, Session, SessionStore } from '../sessions/session-store.ts'

const NAME = 'session'

export interface SessionCookieOptions {
  readonly secure: boolean
  readonly rowsPerRequest: number
  roleOf(username: string): Role
}

/** Finds the session of a request by its cookie, which scripts cannot read and other sites' pages cannot send. */
export class SessionCookie {
  readonly #sessions: SessionStore
  readonly #secure: boolean
  readonly #rowsPerRequest: number
  readonly #roleOf: (username: string) => Role

  /** `secure`: browsers send the cookie over TLS only. `roleOf`: the role that a name has now. */
  constructor(sessions: SessionStore, { secure, rowsPerRequest, roleOf }: SessionCookieOptions) {
    this.#sessions = sessions
    this.#secure = secure
    this.#rowsPerRequest = rowsPerRequest
    this.#roleOf = roleOf
  }

  /** A session of a name that has another role by now, as after a change of the staff, is none. */
  sessionOf(request: FastifyRequest): Session | undefined {
    const id = request.cookies[NAME]
    const session = id === undefined ? undefined : this.#sessions.find(id)
    return session !== undefined && session.role === this.#roleOf(session.username) ? session : undefined
  }

  /** Calls back once when the request's session has ended. Returns what stops that. */
  onEnd(request: FastifyRequest, listener: () => void): () => void {
    const id = request.cookies[NAME]
    return id === undefined ? () => undefined : this.#sessions.onEnd(id, listener)
  }

  contextOf(request: FastifyRequest, reply: FastifyReply): RequestContext {
    const session = this.sessionOf(request)
    const lastEventId = request.headers['last-event-id']
    return {
      user: session === undefined ? undefined : { username: session.username, role: session.role },
      address: networkOf(request.ip),
      rows: new RowBudget(this.#rowsPerRequest),
      lastEventId: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined,
      beginSession: async ({ username, role }) => {
        await this.#end(request)
        const maxAge = Math.floor(this.#sessions.lifetimeMs / 1_000)
        reply.setCookie(NAME, await this.#sessions.begin(username, role), { ...this.#attributes(), maxAge })
      },
      endSession: async () => {
        await this.#end(request)
        reply.clearCookie(NAME, this.#attributes())
      },
    }
  }

  async #end(request: FastifyRequest): Promise<void> {
    const id = request.cookies[NAME]
    if (id !== undefined) await this.#sessions.end(id)
  }

  #attributes(): { readonly path: string; readonly httpOnly: boolean; readonly sameSite: 'strict'; readonly secure: boolean } {
    return { path: '/', httpOnly: true, sameSite: 'strict', secure: this.#secure }
  }
}
