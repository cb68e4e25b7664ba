import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ApiLimits } from './api-limits.ts'
import { networkOf } from './network-of.ts'
import { Quota } from './quota.ts'

export const KINDS = ['connections', 'requests', 'streams'] as const

type Kind = (typeof KINDS)[number]

/** Admits connections, requests and streams up to the limits, counts what is in use, and what was refused since the start. */
export class Admission {
  readonly limits: ApiLimits
  readonly refused: Record<Kind, number> = { connections: 0, requests: 0, streams: 0 }
  readonly #quotas: Readonly<Record<Kind, Quota>>
  readonly #streamsOfSession: Quota

  constructor(limits: ApiLimits) {
    this.limits = limits
    this.#quotas = {
      connections: new Quota(limits.connections, limits.connectionsPerAddress),
      requests: new Quota(limits.requests, limits.requestsPerAddress),
      streams: new Quota(limits.streams, limits.streamsPerAddress),
    }
    this.#streamsOfSession = new Quota(limits.streams, limits.streamsPerSession)
  }

  inUse(kind: Kind): number {
    return this.#quotas[kind].inUse
  }

  /** A connection beyond the limits is closed at once. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      const release = this.#take('connections', networkOf(socket.remoteAddress ?? ''))
      if (release === undefined) socket.destroy()
      else socket.once('close', release)
    })
  }

  /** The place is given back when the response has ended, however it ended. False: refused. */
  admitRequest(address: string, response: ServerResponse): boolean {
    return this.#hold(this.#take('requests', networkOf(address)), response)
  }

  /** As `admitRequest`; `session` identifies a signed-in caller. */
  admitStream(address: string, session: string | undefined, response: ServerResponse): boolean {
    const release = this.#take('streams', networkOf(address))
    if (release === undefined || session === undefined) return this.#hold(release, response)
    const releaseOfSession = this.#streamsOfSession.take(session)
    if (releaseOfSession === undefined) {
      release()
      this.refused.streams++
      return false
    }
    return this.#hold(release, response) && this.#hold(releaseOfSession, response)
  }

  #take(kind: Kind, key: string): (() => void) | undefined {
    const release = this.#quotas[kind].take(key)
    if (release === undefined) this.refused[kind]++
    return release
  }

  #hold(release: (() => void) | undefined, response: ServerResponse): boolean {
    if (release === undefined) return false
    response.once('close', release)
    return true
  }
}
