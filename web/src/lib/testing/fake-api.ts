/** The API as `fetch` sees it: answers by root field, and streams a test can feed, cut and refuse. */
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
  /** The line breaks. */
  cut(): void
  /** The server ends the stream in order. */
  complete(): void
}

export interface Call {
  readonly field: string
  readonly variables: Readonly<Record<string, unknown>>
}

type Handler = (variables: Readonly<Record<string, unknown>>) => unknown

/** Installs itself as `fetch` until `vi.unstubAllGlobals()`. A field without a handler cannot be reached. */
export class FakeApi {
  readonly handlers = new Map<string, Handler>()
  readonly calls: Call[] = []
  readonly streams: FakeStream[] = []
  /** The status with which new streams are refused, or nothing. */
  refuseStreamsWith: number | undefined

  constructor() {
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => this.#fetch(url, init))
  }

  get stream(): FakeStream {
    const last = this.streams.at(-1)
    if (last === undefined) throw new Error('No stream was asked for.')
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
    const end = (how: () => void) => {
      if (open) how()
      open = false
    }
    const body = new ReadableStream<Uint8Array>({
      start: (own) => (controller = own),
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

/** The row with this number; its id is `row-<sequence>`. */
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

/** Lets answers and stream chunks that are on their way arrive. With fake timers no time passes. */
export async function arrivals(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => queueMicrotask(resolve))
  await new Promise<void>((resolve) => setImmediate(resolve))
}
