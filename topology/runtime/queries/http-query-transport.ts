import { createHash, timingSafeEqual } from 'node:crypto'
import { bytesFromJson, bytesToJson } from './bytes-as-json.ts'
import { holdConnection, type HeldConnection } from './held-connection.ts'
import type { QueryAnswer, QueryRequest } from './messages.ts'
import type { QueryHandler, QueryTransport } from './query-transport.ts'

export interface HttpQueryTransportOptions {
  /** Shared by the application's instances and its observers alone: it gives read access to the whole state. */
  readonly secret: string
}

export interface HttpAnswer {
  readonly status: number
  /** JSON. */
  readonly body: string
}

/** Appended to an instance's endpoint. */
export const QUERY_PATH = '/queries'

/** Added to the time that the other instance may wait for its state: the round trip. */
const NETWORK_MS = 2_000

/**
 * Queries over HTTP. An endpoint is the base URL of an instance; the instance's HTTP server passes a POST to `/queries` on to `respond`. Requests and
 * answers are JSON, with bytes as base64.
 */
export class HttpQueryTransport implements QueryTransport {
  readonly #authorization: string
  #handler: QueryHandler | undefined

  constructor({ secret }: HttpQueryTransportOptions) {
    this.#authorization = `Bearer ${secret}`
  }

  serve(_endpoint: string, handler: QueryHandler): () => void {
    this.#handler = handler
    return () => {
      if (this.#handler === handler) this.#handler = undefined
    }
  }

  async ask(endpoint: string, request: QueryRequest): Promise<QueryAnswer> {
    const response = await fetch(endpoint + QUERY_PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: this.#authorization },
      body: bytesToJson(request),
      signal: AbortSignal.timeout(Math.ceil(request.waitMs) + NETWORK_MS),
    })
    const body = await response.text()
    if (!response.ok) throw new Error(`Query to ${endpoint} failed with HTTP ${response.status}: ${body}`)
    return bytesFromJson(body) as QueryAnswer
  }

  hold(endpoint: string): Promise<HeldConnection> {
    return holdConnection(endpoint)
  }

  /** Whether a request carries the secret. */
  admits(authorization: string | undefined): boolean {
    return timingSafeEqual(digest(authorization ?? ''), digest(this.#authorization))
  }

  /** The answer to a POST: 401 without the secret, 503 while no instance is running, 400 for a malformed query. */
  async respond(authorization: string | undefined, body: string): Promise<HttpAnswer> {
    if (!this.admits(authorization)) return { status: 401, body: '{"error":"The secret is missing or wrong."}' }
    if (this.#handler === undefined) return { status: 503, body: '{"error":"No instance runs here."}' }
    try {
      return { status: 200, body: bytesToJson(await this.#handler(bytesFromJson(body) as QueryRequest)) }
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError)) throw error
      return { status: 400, body: JSON.stringify({ error: error.message }) }
    }
  }
}

/** `timingSafeEqual` needs equal lengths. */
function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
