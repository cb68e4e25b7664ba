import { createHash, timingSafeEqual } from 'node:crypto'
import { bytesFromJson, bytesToJson } from './bytes-as-json.ts'
import type { QueryAnswer, QueryRequest } from './messages.ts'
import type { QueryHandler, QueryTransport } from './query-transport.ts'

export interface HttpQueryTransportOptions {
  /** Known to all instances, and to nobody else: who has it reads the whole state. */
  readonly secret: string
}

export interface HttpAnswer {
  readonly status: number
  /** JSON. */
  readonly body: string
}

/** Below an instance's endpoint. */
export const QUERY_PATH = '/queries'

/** Beyond what the other side may wait for its state: the way there and back. */
const NETWORK_MS = 2_000

/**
 * Instances ask each other over HTTP: an endpoint is the base URL of an instance, and whatever server it has there hands a POST to
 * `/queries` to `respond`. Questions and rows travel as JSON, bytes in it as base64.
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
    if (!response.ok) throw new Error(`${endpoint} answered a query with ${response.status}: ${body}`)
    return bytesFromJson(body) as QueryAnswer
  }

  /** Whether a request bears the secret. */
  admits(authorization: string | undefined): boolean {
    return timingSafeEqual(digest(authorization ?? ''), digest(this.#authorization))
  }

  /** What to answer to a POST: 401 without the secret, 503 while no instance is served, 400 for a question that makes no sense. */
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

/** Equal lengths, so that the comparison takes the same time whatever was sent. */
function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}
