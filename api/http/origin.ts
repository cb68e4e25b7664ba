import type { FastifyRequest } from 'fastify'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/**
 * Checks a request's `Host` and `Origin`. The host must be one of ours (against DNS rebinding), and the origin, which browsers send with
 * every POST, must be that host (against cross-site requests that use a visitor's session). Other clients send no origin.
 */
export function originCheck(hosts: readonly string[]): (request: FastifyRequest) => boolean {
  const own = new Set([...LOOPBACK, ...hosts])
  return ({ headers }) => {
    const target = urlOf(`http://${headers.host ?? ''}`)
    if (target === undefined || !own.has(target.hostname)) return false
    return headers.origin === undefined || urlOf(headers.origin)?.host === target.host
  }
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
