import type { ServerResponse } from 'node:http'
import { createSourceEventStream, execute, GraphQLError } from 'graphql'
import type { DocumentNode, FieldNode, OperationDefinitionNode } from 'graphql'
import type { Ports, TimerHandle } from '../../topology/index.ts'
import { apiError, notFound } from '../graphql/api-error.ts'
import type { Documents } from '../graphql/documents.ts'
import { formatError } from '../graphql/format-error.ts'
import type { RequestContext } from '../graphql/request-context.ts'
import { Feed, type FeedEvent } from '../hub/feed.ts'
import type { GraphQLRequest } from '../http/graphql-request.ts'
import { EventStream, frameOf } from './event-stream.ts'
import { SharedFrames } from './shared-frames.ts'

export interface SubscriptionServerOptions {
  readonly documents: Documents
  readonly ports: Ports
  /** Interval of the heartbeats, and of the checks of the subscriber's access. Default 15,000 ms. */
  readonly heartbeatMs?: number
  /** A client that reads nothing for this long is disconnected. Default 60,000 ms. */
  readonly drainTimeoutMs?: number
}

export interface Subscriber {
  readonly request: GraphQLRequest
  readonly context: RequestContext
  readonly response: ServerResponse
  readonly headers: Readonly<Record<string, string | number | string[] | undefined>>
  /** False: the session with which the subscription began has ended. */
  isSignedIn(): boolean
  /** Calls back once when that session ends. Returns what stops that. */
  onSignedOut(listener: () => void): () => void
}

/**
 * Subscriptions in the distinct-connections mode of the GraphQL-over-SSE protocol, compatible with graphql-sse's client: `next` events
 * with results or errors, at the end `complete`. Beyond the protocol each event has an `id` to resume after, and a client that is too
 * slow gets the error `RESYNCHRONISE`.
 */
export class SubscriptionServer {
  readonly #options: SubscriptionServerOptions
  readonly #frames = new SharedFrames()
  readonly #open = new Set<() => void>()

  constructor(options: SubscriptionServerOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#open.size
  }

  /** Resolves when the stream has ended, also after an error. Never rejects. */
  async serve(subscriber: Subscriber): Promise<void> {
    const { ports, drainTimeoutMs = 60_000 } = this.#options
    const stream = new EventStream(subscriber.response, ports.timers, drainTimeoutMs)
    stream.begin(subscriber.headers)
    try {
      const operation = this.#operationOf(subscriber.request)
      const feed = await this.#feedOf(subscriber, operation)
      await this.#pump(subscriber, stream, feed, operation)
    } catch (error) {
      await stream.write(frameOf(undefined, { errors: [formatError(error, ports.logger)] }))
    }
    stream.end()
  }

  /** Completes all streams; clients reconnect by themselves. */
  close(): void {
    for (const end of this.#open) end()
  }

  #operationOf({ query, operationName }: GraphQLRequest): Operation {
    const { document, operation } = this.#options.documents.operation(query, operationName)
    if (operation.operation !== 'subscription')
      throw apiError('BAD_USER_INPUT', 'Only subscriptions are served here: send queries and mutations to /graphql.')
    const field = operation.selectionSet.selections.find((selection): selection is FieldNode => selection.kind === 'Field')
    if (field === undefined) throw apiError('BAD_USER_INPUT', 'A subscription must select its field directly, not through a fragment.')
    return { document, operation, field: field.name.value }
  }

  async #feedOf({ request, context }: Subscriber, { document }: Operation): Promise<Feed<unknown, object>> {
    const { documents } = this.#options
    const source = await createSourceEventStream({
      schema: documents.schema,
      document,
      contextValue: context,
      variableValues: request.variables ?? null,
      operationName: request.operationName ?? null,
    })
    if (source instanceof Feed) return source
    throw 'errors' in source ? (source.errors?.[0] ?? notFound()) : notFound()
  }

  async #pump(subscriber: Subscriber, stream: EventStream, feed: Feed<unknown, object>, operation: Operation): Promise<void> {
    const end = (): void => void feed.return()
    let refusal: GraphQLError | undefined
    const check = async (): Promise<void> => {
      refusal = await refusalOf(subscriber, feed)
      if (refusal !== undefined) end()
    }
    const heartbeat = this.#startHeartbeat(stream, check)
    const watching = subscriber.onSignedOut(() => void check())
    this.#open.add(end)
    subscriber.response.on('close', end)
    try {
      if (!subscriber.isSignedIn()) await check() // the session has ended while the feed was opened
      for (;;) {
        const { done, value } = await feed.next()
        if (done === true || !stream.isOpen) break
        await stream.write(await this.#frame(value, subscriber, operation))
      }
    } finally {
      this.#open.delete(end)
      subscriber.response.off('close', end)
      end()
      heartbeat.cancel()
      watching()
    }
    if (refusal !== undefined) throw refusal
  }

  #startHeartbeat(stream: EventStream, check: () => Promise<void>): TimerHandle {
    const { ports, heartbeatMs = 15_000 } = this.#options
    let timer: TimerHandle
    let stopped = false
    const schedule = (): void => {
      if (!stopped) timer = ports.timers.setTimeout(beat, heartbeatMs)
    }
    const beat = (): void => {
      stream.heartbeat()
      check()
        .catch((error: unknown) => ports.logger.warn('the access of a subscriber could not be checked: retrying', { error: String(error) }))
        .finally(schedule)
    }
    timer = ports.timers.setTimeout(beat, heartbeatMs)
    return {
      cancel: () => {
        stopped = true
        timer.cancel()
      },
    }
  }

  #frame(event: FeedEvent<object>, { context, request }: Subscriber, { document, operation, field }: Operation): Promise<Buffer> {
    const { documents, ports } = this.#options
    const make = async (): Promise<Buffer> => {
      const { data, errors } = await execute({
        schema: documents.schema,
        document,
        rootValue: { [field]: event.value },
        contextValue: context,
        variableValues: request.variables ?? null,
        operationName: request.operationName ?? null,
      })
      return frameOf(event.id, { data, ...(errors && { errors: errors.map((error) => formatError(error, ports.logger)) }) })
    }
    return documents.isShareable(document, operation) ? this.#frames.get(event.value, operation, make) : make()
  }
}

interface Operation {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  /** The root field's name in the schema. */
  readonly field: string
}

async function refusalOf(subscriber: Subscriber, feed: Feed<unknown, object>): Promise<GraphQLError | undefined> {
  if (!subscriber.isSignedIn()) return apiError('UNAUTHENTICATED', 'The session has ended: sign in again.')
  return (await feed.isAllowed()) ? undefined : notFound()
}
