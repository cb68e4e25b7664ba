import type { FastifyReply, FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'
import type { Role, SessionStore } from '../sessions/session-store.ts'
import { SessionCookie } from './session-cookie.ts'

const request: Partial<FastifyRequest> = { cookies: { session: 'id' }, headers: {}, ip: '127.0.0.1' }
const REQUEST = request as FastifyRequest

function cookieOf(stored: Role, now: Role): SessionCookie {
  const sessions: Partial<SessionStore> = { find: () => ({ username: 'a name', role: stored, expiresAt: Infinity }) }
  return new SessionCookie(sessions as SessionStore, { secure: true, rowsPerRequest: 10, roleOf: () => now })
}

describe('21.3 A session', () => {
  it.each([
    ['EMPLOYEE', 'CLIENT'],
    ['CLIENT', 'EMPLOYEE'],
  ] as const)('of %s is void when the name is that of %s by now', (stored, now) => {
    const cookie = cookieOf(stored, now)
    expect(cookie.sessionOf(REQUEST)).toBeUndefined()
    expect(cookie.contextOf(REQUEST, {} as FastifyReply).user).toBeUndefined()
  })

  it('is valid while the name has its role', () => {
    expect(cookieOf('EMPLOYEE', 'EMPLOYEE').contextOf(REQUEST, {} as FastifyReply).user).toEqual({ username: 'a name', role: 'EMPLOYEE' })
  })
})
