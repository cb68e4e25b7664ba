/**
 * A subscription that outlives its connection. Each attempt asks for its arguments again, so that `after` can name the last row
 * that came; nothing is lost or doubled in between as long as the receiver tells rows apart by id. A connection that stays silent
 * longer than three heartbeats counts as lost. Browsers open six connections to a server, so a page nobody looks at gives its own back.
 */
import { createClient, NetworkError } from 'graphql-sse'
import { connection } from '../connection.svelte.ts'
import type { LiveState } from '../connection.svelte.ts'
import { documents } from '../generated/graphql.ts'
import type { Operations } from '../generated/graphql.ts'
import { RefusedError } from './request.ts'

type Subscriptions = Operations['subscription']

export interface LiveListener<R> {
  next(value: R): void
  state?(state: LiveState): void
  /** The API will not serve this: no further attempt is made. */
  refused?(error: RefusedError): void
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 8_000
const LONGEST_SILENCE_MS = 45_000
const HIDDEN_FOR_MS = 30_000
const FINAL_CODES = ['NOT_FOUND', 'FORBIDDEN', 'UNAUTHENTICATED', 'BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']

/** Subscribes until the returned function is called; meanwhile `connection` knows how the stream is. */
export function live<F extends keyof Subscriptions>(
  field: F,
  args: () => Subscriptions[F]['args'],
  listener: LiveListener<Subscriptions[F]['result']>,
): () => void {
  const stream = Symbol(field)
  let stopped = false
  let failures = 0
  let everLive = false
  let drop: (() => void) | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let hiding: ReturnType<typeof setTimeout> | undefined

  const heard = () => {
    clearTimeout(silence)
    silence = setTimeout(lost, LONGEST_SILENCE_MS)
  }
  const report = (state: LiveState) => {
    connection.report(stream, state)
    listener.state?.(state)
  }
  const client = createClient({ url: '/graphql/stream', retryAttempts: 0, headers: lastEventId, fetchFn: listeningFetch(heard) })

  function connect(): void {
    clearTimeout(retry)
    if (stopped || drop !== undefined) return
    report(everLive || failures > 0 ? 'reconnecting' : 'connecting')
    let current = true
    const unsubscribe = client.subscribe<Record<F, Subscriptions[F]['result']>>(
      { query: documents.subscription[field], variables: { ...args() } },
      {
        next({ data, errors }) {
          if (!current) return
          const error = errors?.[0]
          if (error !== undefined) return failed(error.message, codeOf(error))
          if (data === undefined || data === null) return
          failures = 0
          listener.next(data[field])
        },
        error: (error) => current && (isFinal(error) ? failed('The bank refuses this stream.', 'FORBIDDEN') : lost()),
        complete: () => current && lost(),
      },
      {
        connected() {
          if (!current) return
          everLive = true
          heard()
          report('live')
        },
      },
    )
    drop = () => {
      current = false
      drop = undefined
      clearTimeout(silence)
      unsubscribe()
    }
  }

  function lost(): void {
    drop?.()
    if (stopped) return
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.75 + Math.random() / 2)
    failures += 1
    report('reconnecting')
    retry = setTimeout(connect, wait)
  }

  function failed(message: string, code: string): void {
    if (!FINAL_CODES.includes(code)) return lost()
    report('refused')
    stop()
    listener.refused?.(new RefusedError(message, code))
  }

  function looked(): void {
    clearTimeout(hiding)
    if (document.visibilityState === 'visible') connect()
    else hiding = setTimeout(pause, HIDDEN_FOR_MS)
  }

  function pause(): void {
    clearTimeout(retry)
    drop?.()
  }

  function stop(): void {
    stopped = true
    for (const timer of [retry, silence, hiding]) clearTimeout(timer)
    document.removeEventListener('visibilitychange', looked)
    window.removeEventListener('online', connect)
    connection.forget(stream)
    drop?.()
  }

  document.addEventListener('visibilitychange', looked)
  window.addEventListener('online', connect)
  connect()
  return stop
}

/** The place in the stream also goes where event streams have it by standard. */
function lastEventId({ variables }: { readonly variables?: Record<string, unknown> | null | undefined }): Record<string, string> {
  const after = variables?.['after']
  return typeof after === 'string' ? { 'last-event-id': after } : {}
}

/** Tells of every byte, heartbeats included, which the client keeps to itself. */
function listeningFetch(heard: () => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    if (response.body === null || !response.ok) return response
    const listening = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        heard()
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body.pipeThrough(listening), response)
  }
}

function isFinal(error: unknown): boolean {
  if (!(error instanceof NetworkError)) return false
  const status = error.response?.status ?? 0
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}

function codeOf(error: { readonly extensions?: Readonly<Record<string, unknown>> }): string {
  const code = error.extensions?.['code']
  return typeof code === 'string' ? code : 'UNKNOWN'
}
