import type { QueryAnswer, QueryRequest } from './messages.ts'

export type QueryHandler = (request: QueryRequest) => Promise<QueryAnswer>

/** How instances query each other. An endpoint is an address in the transport's own terms. */
export interface QueryTransport {
  /** Makes an instance answer under its endpoint, until the returned function is called. */
  serve(endpoint: string, handler: QueryHandler): () => void
  /** Rejects when no instance answers there. */
  ask(endpoint: string, request: QueryRequest): Promise<QueryAnswer>
}

/** For instances of one process. */
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
      if (handler === undefined) throw new RangeError(`No instance answers at "${endpoint}"`)
      return handler(request)
    },
  }
}
