import { randomUUID } from 'node:crypto'

export interface Answer<T> {
  readonly data?: T | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

export interface StreamEvent<T> {
  readonly id: string | undefined
  readonly event: string
  readonly answer: Answer<T>
}

/** Acts like a browser: it keeps the cookie and sends the origin. */
export class ApiClient {
  readonly #url: string
  cookie = ''

  constructor(url: string) {
    this.#url = url
  }

  async signUp(username: string, password: string): Promise<void> {
    const answer = await this.ask<{ signUp: { reason: string | null } }>(
      'mutation ($u: String!, $p: String!) { signUp(username: $u, password: $p) { reason } }',
      { u: username, p: password },
    )
    if (answer.data?.signUp.reason !== null) throw new Error(`The sign-up failed: ${JSON.stringify(answer)}`)
  }

  async openAccount(): Promise<string> {
    const answer = await this.ask<{ openAccount: { account: { iban: string } } }>('mutation { openAccount { account { iban } } }')
    const iban = answer.data?.openAccount.account.iban
    if (iban === undefined) throw new Error(`No account was opened: ${JSON.stringify(answer)}`)
    return iban
  }

  async deposit(to: string, amount: number): Promise<string> {
    const id = randomUUID()
    const answer = await this.ask<{ deposit: { reason: string | null; transfer: { state: string } | null } }>(
      'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { reason transfer { state } } }',
      { id, to, amount: String(amount) },
    )
    if (answer.data?.deposit.transfer?.state !== 'COMPLETED') throw new Error(`The deposit failed: ${JSON.stringify(answer)}`)
    return id
  }

  async ask<T>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer<T>> {
    return (await (await this.post('/graphql', JSON.stringify({ query, variables }))).json()) as Answer<T>
  }

  /** The code of the first error; undefined: no error. */
  async codeOf(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<string | undefined> {
    return (await this.ask(query, variables)).errors?.[0]?.extensions?.code
  }

  async post(path: string, body: string, headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#url, cookie: this.cookie, ...headers },
      body,
      ...(signal === undefined ? {} : { signal }),
    })
    const cookie = response.headers.get('set-cookie')
    if (cookie !== null) this.cookie = cookie.split(';')[0] ?? ''
    return response
  }

  /** Yields events until the stream ends or the caller leaves the loop. */
  async *subscribe<T>(query: string, variables: object = {}, lastEventId?: string): AsyncGenerator<StreamEvent<T>, void> {
    const abort = new AbortController()
    const headers = { accept: 'text/event-stream', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) }
    const response = await this.post('/graphql/stream', JSON.stringify({ query, variables }), headers, abort.signal)
    if (response.body === null || response.status !== 200)
      throw new Error(`The subscription failed: ${response.status} ${await response.text()}`)
    let text = ''
    try {
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        text += chunk
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const event = eventOf<T>(text.slice(0, end))
          text = text.slice(end + 2)
          if (event !== undefined) yield event
        }
      }
    } finally {
      abort.abort()
    }
  }

  /** The first `count` events. */
  async first<T>(count: number, query: string, variables: object = {}, lastEventId?: string): Promise<readonly StreamEvent<T>[]> {
    const events: StreamEvent<T>[] = []
    for await (const event of this.subscribe<T>(query, variables, lastEventId)) {
      events.push(event)
      if (events.length === count) break
    }
    return events
  }
}

/** Undefined: the block is a comment. */
function eventOf<T>(block: string): StreamEvent<T> | undefined {
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
  const event = fields.get('event')
  const data = fields.get('data')
  if (event === undefined) return undefined
  return { id: fields.get('id'), event, answer: data === undefined || data === '' ? {} : (JSON.parse(data) as Answer<T>) }
}
