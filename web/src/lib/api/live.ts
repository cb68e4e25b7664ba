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
  /** The API refuses this subscription; it is not retried. */
  refused?(error: RefusedError): void
}

const INITIAL_BACKOFF_MS = 250
const MAX_BACKOFF_MS = 8_000
/** Three heartbeats of the server. */
const SILENCE_TIMEOUT_MS = 45_000
const HIDDEN_TIMEOUT_MS = 30_000
const FINAL_CODES = ['NOT_FOUND', 'FORBIDDEN', 'UNAUTHENTICATED', 'BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED']

/**
 * Subscribes until the returned function is called, across lost connections, and reports its state to `connection`. `args` is called
 * before each attempt, so that `after` can name the last row received; no row is lost or repeated if the listener identifies rows by id.
 * A connection that is silent for longer than three heartbeats counts as lost. A hidden page closes its connection after a while,
 * because browsers allow six per server.
 */
export function live<F extends keyof Subscriptions>(
  field: F,
  args: () => Subscriptions[F]['args'],
  listener: LiveListener<Subscriptions[F]['result']>,
): () => void {
  const stream = Symbol(field)
  let stopped = false
  let failures = 0
  let everLive = false
  let disconnect: (() => void) | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let hiding: ReturnType<typeof setTimeout> | undefined

  const restartSilenceTimer = () => {
    clearTimeout(silence)
    silence = setTimeout(lost, SILENCE_TIMEOUT_MS)
  }
  const report = (state: LiveState) => {
    connection.report(stream, state)
    listener.state?.(state)
  }
  const client = createClient({
    url: '/graphql/stream',
    retryAttempts: 0,
    headers: lastEventId,
    fetchFn: observingFetch(restartSilenceTimer),
  })

  function connect(): void {
    clearTimeout(retry)
    if (stopped || disconnect !== undefined) return
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
        error: (error) => current && (isFinal(error) ? failed('The bank refused this subscription.', 'FORBIDDEN') : lost()),
        complete: () => current && lost(),
      },
      {
        connected() {
          if (!current) return
          everLive = true
          restartSilenceTimer()
          report('live')
        },
      },
    )
    disconnect = () => {
      current = false
      disconnect = undefined
      clearTimeout(silence)
      unsubscribe()
    }
  }

  function lost(): void {
    disconnect?.()
    if (stopped) return
    const backoffMs = Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** failures) * (0.75 + Math.random() / 2)
    failures += 1
    report('reconnecting')
    retry = setTimeout(connect, backoffMs)
  }

  function failed(message: string, code: string): void {
    if (!FINAL_CODES.includes(code)) return lost()
    report('refused')
    stop()
    listener.refused?.(new RefusedError(message, code))
  }

  function visibilityChanged(): void {
    clearTimeout(hiding)
    if (document.visibilityState === 'visible') connect()
    else hiding = setTimeout(pause, HIDDEN_TIMEOUT_MS)
  }

  function pause(): void {
    clearTimeout(retry)
    disconnect?.()
  }

  function stop(): void {
    stopped = true
    for (const timer of [retry, silence, hiding]) clearTimeout(timer)
    document.removeEventListener('visibilitychange', visibilityChanged)
    window.removeEventListener('online', connect)
    connection.forget(stream)
    disconnect?.()
  }

  document.addEventListener('visibilitychange', visibilityChanged)
  window.addEventListener('online', connect)
  connect()
  return stop
}

/** Also sends the resume position in the standard header of server-sent events. */
function lastEventId({ variables }: { readonly variables?: Record<string, unknown> | null | undefined }): Record<string, string> {
  const after = variables?.['after']
  return typeof after === 'string' ? { 'last-event-id': after } : {}
}

/** Calls `onChunk` for every chunk received, including heartbeats, which the client does not report. */
function observingFetch(onChunk: () => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    if (response.body === null || !response.ok) return response
    const observed = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        onChunk()
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body.pipeThrough(observed), response)
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
