import type { FastifyRequest } from 'fastify'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/**
 * Whether a request may come from where it says. Browsers name the origin of every POST; it has to be the very host that was asked, and
 * that host one of ours, or else a foreign page, or a foreign name for this machine, could use a visitor's session. Programs name none.
 */
export function originCheck(hosts: readonly string[]): (request: FastifyRequest) => boolean {
  const own = new Set([...LOOPBACK, ...hosts])
  return ({ headers }) => {
    const asked = urlOf(`http://${headers.host ?? ''}`)
    if (asked === undefined || !own.has(asked.hostname)) return false
    return headers.origin === undefined || urlOf(headers.origin)?.host === asked.host
  }
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
