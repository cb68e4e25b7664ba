import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ApiLimits } from './api-limits.ts'
import { networkOf } from './network-of.ts'
import { Quota, type Release } from './quota.ts'

export const KINDS = ['connections', 'requests', 'streams'] as const

type Kind = (typeof KINDS)[number]

/** Admits connections, requests and streams up to the limits, counts what is in use, and what was refused since the start. */
export class Admission {
  readonly limits: ApiLimits
  readonly refused: Record<Kind, number> = { connections: 0, requests: 0, streams: 0 }
  readonly #quotas: Readonly<Record<Kind, Quota>>
  readonly #streamsOfUser: Quota
  readonly #places = new WeakMap<ServerResponse, Release>()

  constructor(limits: ApiLimits) {
    this.limits = limits
    this.#quotas = {
      connections: new Quota(limits.connections, limits.connectionsPerAddress),
      requests: new Quota(limits.requests, limits.requestsPerAddress),
      streams: new Quota(limits.streams, limits.streamsPerAddress),
    }
    this.#streamsOfUser = new Quota(limits.streams, limits.streamsPerUser)
  }

  inUse(kind: Kind): number {
    return this.#quotas[kind].inUse
  }

  /** A connection beyond the limits is closed at once. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      if (!this.#admit('connections', [this.#quotas.connections.take(networkOf(socket.remoteAddress ?? ''))], socket)) socket.destroy()
    })
  }

  /** The place is given back when the response has ended, however it ended. False: refused. */
  admitRequest(address: string, response: ServerResponse): boolean {
    const place = this.#quotas.requests.take(networkOf(address))
    if (place !== undefined) this.#places.set(response, place)
    return this.#admit('requests', [place], response)
  }

  /** The same for a request that becomes a stream, which gives its place among the requests back. `user`: the caller, if signed in. */
  admitStream(address: string, user: string | undefined, response: ServerResponse): boolean {
    const ofUser = user === undefined ? [] : [this.#streamsOfUser.take(user)]
    const isAdmitted = this.#admit('streams', [this.#quotas.streams.take(networkOf(address)), ...ofUser], response)
    if (isAdmitted) this.#places.get(response)?.()
    return isAdmitted
  }

  /** All of the places, until `holder` closes, or none. */
  #admit(kind: Kind, places: readonly (Release | undefined)[], holder: Socket | ServerResponse): boolean {
    const taken = places.filter((place) => place !== undefined)
    const isAdmitted = taken.length === places.length
    if (!isAdmitted) this.refused[kind]++
    for (const release of taken) {
      if (isAdmitted) holder.once('close', release)
      else release()
    }
    return isAdmitted
  }
}
