import type { HeldConnection } from './held-connection.ts'
import type { QueryAnswer, QueryRequest } from './messages.ts'

export type QueryHandler = (request: QueryRequest) => Promise<QueryAnswer>

/** How instances query each other. An endpoint is an address in the transport's own terms. */
export interface QueryTransport {
  /** Makes an instance answer at its endpoint until the returned function is called. */
  serve(endpoint: string, handler: QueryHandler): () => void
  /** Rejects when no instance answers at the endpoint. */
  ask(endpoint: string, request: QueryRequest): Promise<QueryAnswer>
  /** Connects to the process at the endpoint, to notice its end. Left out where all instances live in one process. */
  hold?(endpoint: string): Promise<HeldConnection>
}

/** For instances in the same process. */
export function inProcessQueryTransport(): QueryTransport {
  const handlers = new Map<string, QueryHandler>()
  return {
    serve: (endpoint, handler) => {
      handlers.set(endpoint, handler)
      return () => {
        if (handlers.get(endpoint) === handler) handlers.delete(endpoint)
      }
    },
    ask: async (endpoint, request) => {
      const handler = handlers.get(endpoint)
      if (handler === undefined) throw new RangeError(`No instance of this process serves queries at "${endpoint}"`)
      return handler(request)
    },
  }
}
