import { vi } from 'vitest'
import type { Transaction, Transfer } from '../generated/graphql.ts'

export interface FakeStream {
  readonly field: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly headers: Headers
  readonly open: boolean
  next(value: unknown): void
  fail(code: string): void
  heartbeat(): void
  /** Breaks the connection. */
  cut(): void
  /** Completes the stream as the server does. */
  complete(): void
}

export interface Call {
  readonly field: string
  readonly variables: Readonly<Record<string, unknown>>
}

type Handler = (variables: Readonly<Record<string, unknown>>) => unknown

/**
 * Replaces `fetch` until `vi.unstubAllGlobals()`. Queries are answered by the handler of their root field; a field without a handler
 * fails like a lost connection. Streams can be fed, cut and refused by the test.
 */
export class FakeApi {
  readonly handlers = new Map<string, Handler>()
  readonly calls: Call[] = []
  readonly streams: FakeStream[] = []
  /** If set, new streams are refused with this status. */
  refuseStreamsWith: number | undefined

  constructor() {
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => this.#fetch(url, init))
  }

  get stream(): FakeStream {
    const last = this.streams.at(-1)
    if (last === undefined) throw new Error('The page has opened no stream.')
    return last
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { query, variables } = JSON.parse(String(init.body))
    const field = /\{ (\w+)/.exec(query)?.[1] ?? ''
    if (url === '/graphql/stream') return this.#openStream(field, variables, init)
    this.calls.push({ field, variables })
    const handler = this.handlers.get(field)
    if (handler === undefined) throw new TypeError('fetch failed')
    return Response.json({ data: { [field]: await handler(variables) } })
  }

  #openStream(field: string, variables: FakeStream['variables'], init: RequestInit): Response {
    if (this.refuseStreamsWith !== undefined) return new Response('', { status: this.refuseStreamsWith })
    let open = true
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const write = (text: string) => open && controller?.enqueue(new TextEncoder().encode(text))
    const end = (finish: () => void) => {
      if (open) finish()
      open = false
    }
    const body = new ReadableStream<Uint8Array>({
      start: (streamController) => (controller = streamController),
      cancel: () => void (open = false),
    })
    init.signal?.addEventListener('abort', () => end(() => controller?.error(new Error('aborted'))))
    this.streams.push({
      field,
      variables,
      headers: new Headers(init.headers),
      get open() {
        return open
      },
      next: (value) => write(`event: next\nid: 1\ndata: ${JSON.stringify({ data: { [field]: value } })}\n\n`),
      fail: (code) => write(`event: next\ndata: ${JSON.stringify({ errors: [{ message: code, extensions: { code } }] })}\n\n`),
      heartbeat: () => write(':\n\n'),
      cut: () => end(() => controller?.error(new TypeError('network error'))),
      complete: () => {
        write('event: complete\ndata: \n\n')
        end(() => controller?.close())
      },
    })
    return new Response(body, { status: 200, headers: { 'content-type': 'text/event-stream' } })
  }
}

/** The row with this sequence number and the id `row-<sequence>`. */
export function rowOf(sequence: number, change: Partial<Transaction> = {}): Transaction {
  return {
    id: `row-${sequence}`,
    iban: 'NL66OPEN0000000000',
    amount: '1000',
    direction: 'CREDIT',
    newBalance: String(sequence * 1000),
    changedBy: 'alice-smith',
    counterparty: 'cash',
    description: `number ${sequence}`,
    time: 1_700_000_000_000 + sequence,
    transferId: null,
    sequence,
    ...change,
  }
}

export function transferOf(change: Partial<Transfer> = {}): Transfer {
  return {
    id: 'transfer-1',
    from: 'NL66OPEN0000000000',
    to: 'NL20INGB0001234567',
    amount: '115',
    description: 'coffee',
    state: 'PENDING',
    reason: null,
    code: null,
    startedAt: 1_700_000_000_000,
    endedAt: null,
    steps: [],
    ...change,
  }
}

/** Delivers pending answers and stream chunks. With fake timers, no time passes. */
export async function arrivals(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise<void>((resolve) => queueMicrotask(resolve))
  await new Promise<void>((resolve) => setImmediate(resolve))
}
