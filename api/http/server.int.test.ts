import { request } from 'node:http'
import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BankApi } from '../testing/bank-api.ts'

const ME = JSON.stringify({ query: '{ me { username } }' })
const SIGN_UP = JSON.stringify({ query: 'mutation { signUp(username: "a new client", password: "a good password") { reason } }' })
const INTROSPECTION = '{ __schema { types { name } } }'

/** A request with headers that `fetch` does not allow. */
function raw(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('The server in production', () => {
  let bank: BankApi

  beforeAll(async () => {
    bank = await BankApi.open('production')
  })

  afterAll(() => bank.close())

  it('hides its cookie from scripts and other sites, and sends it over TLS only', async () => {
    const response = await bank.stranger().post('/graphql', SIGN_UP)
    const cookie = response.headers.get('set-cookie') ?? ''
    for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Secure', 'Path=/', 'Max-Age=43200']) expect(cookie).toContain(attribute)
    expect(cookie.split(';')[0]?.replace('session=', '')).toHaveLength(43)
  })

  it.each(['/graphql', '/graphql/stream'])('refuses a page of another site at %s', async (path) => {
    const { port } = new URL(bank.url)
    const host = `127.0.0.1:${port}`
    for (const origin of ['http://evil.example', `http://evil.example:${port}`, 'null', `http://127.0.0.1:${Number(port) + 1}`]) {
      const { status, text } = await raw(`${bank.url}${path}`, { host, origin }, ME)
      expect(status).toBe(403)
      expect(text).toContain('This request comes from another site or is for an unknown host name.')
    }
  })

  it('refuses a host name that is not its own (DNS rebinding)', async () => {
    const { port } = new URL(bank.url)
    const { status } = await raw(`${bank.url}/graphql`, { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }, ME)
    expect(status).toBe(403)
  })

  it('refuses a body of more than 64 KiB', async () => {
    const response = await bank.stranger().post('/graphql', JSON.stringify({ query: `{ me { username } } #${'x'.repeat(65 * 1024)}` }))
    expect(response.status).toBe(413)
  })

  it('accepts only JSON with one operation per request, and says what is wrong', async () => {
    const stranger = bank.stranger()
    expect((await stranger.post('/graphql', ME, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await stranger.post('/graphql', ME, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
    for (const [body, message] of [
      ['{"query": ', 'JSON'],
      [`[${ME}, ${ME}]`, 'one operation per request'],
      ['"text"', 'one operation per request'],
      ['{}', '"query" must be the text of a GraphQL document.'],
      ['{"query": "{ me { username } }", "variables": []}', '"variables" must be an object.'],
    ] as const) {
      const response = await stranger.post('/graphql', body)
      expect(response.status).toBe(400)
      expect(await response.text()).toContain(message.replaceAll('"', '\\"'))
    }
  })

  it('executes no mutation by GET', async () => {
    const response = await fetch(`${bank.url}/graphql?query=${encodeURIComponent('mutation { signOut }')}`)
    expect(response.status).toBe(404)
  })

  it('shows neither its schema nor the explorer', async () => {
    for (const query of [INTROSPECTION, getIntrospectionQuery()])
      expect(await bank.stranger().codeOf(query)).toBe('GRAPHQL_VALIDATION_FAILED')
    expect((await fetch(`${bank.url}/graphql`)).status).toBe(404)
    expect((await fetch(`${bank.url}/graphql`, { headers: { accept: 'text/html' } })).headers.get('content-security-policy')).toContain(
      "script-src 'self'",
    )
  })

  it('answers a path of the page with the page, and any other with 404', async () => {
    const page = await fetch(`${bank.url}/client`, { headers: { accept: 'text/html' } })
    expect(await page.text()).toContain('The page')
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await fetch(`${bank.url}/assets/none.js`)).status).toBe(404)
    expect((await fetch(`${bank.url}/../../package.json`)).status).toBe(404)
  })

  it('reports its readiness and its metrics', async () => {
    expect(await (await fetch(`${bank.url}/health`)).json()).toEqual({ alive: true })
    expect(await (await fetch(`${bank.url}/ready`)).json()).toEqual({ ready: true, reasons: [] })
    const metrics = await (await fetch(`${bank.url}/metrics`)).text()
    expect(metrics).toMatch(/# TYPE bob_/)
    expect(metrics).toContain('\nbob_stuck_transfers 0\n')
  })
})

describe('The server in development', () => {
  let bank: BankApi

  beforeAll(async () => {
    bank = await BankApi.open()
  })

  afterAll(() => bank.close())

  it('shows its schema and the explorer', async () => {
    expect(await bank.stranger().codeOf(INTROSPECTION)).toBeUndefined()
    const explorers = await bank.stranger().ask<{ __schema: object }>(getIntrospectionQuery())
    expect(explorers.errors).toBeUndefined()
    expect(explorers.data?.__schema).toBeDefined()
    expect(await (await fetch(`${bank.url}/graphql`)).text()).toContain('GraphiQL')
  })

  it('refuses documents with too many levels, tokens or aliases', async () => {
    const stranger = bank.stranger()
    const deep = '{ topology { subtopologies { nodes { id } } } }'
    expect(await stranger.codeOf(deep)).toBeUndefined()
    const bomb = Array.from({ length: 16 }, (_, at) => `a${at}: me { username }`).join(' ')
    expect((await stranger.ask(`{ ${bomb} }`)).errors?.[0]?.message).toBe('A document may have 15 aliases: this one has 16.')
    const fragments = 'fragment f on Query { a: me { username } b: me { username } } query { ...f ...f ...f ...f ...f ...f ...f ...f }'
    expect((await stranger.ask(fragments)).errors?.[0]?.message).toContain('15 aliases')
    const inner = '{ __schema { types { fields { type { ofType { ofType { ofType { ofType { name } } } } } } } } }'
    expect((await stranger.ask(inner)).errors?.[0]?.message).toContain('8 levels deep')
    const disguised = 'query IntrospectionQuery { __schema { ...f } } fragment f on __Schema { types { name } ...f }'
    expect(await stranger.codeOf(disguised)).toBe('BAD_USER_INPUT')
    expect(await stranger.codeOf(`{ ${'me { username } '.repeat(400)} }`)).toBe('GRAPHQL_PARSE_FAILED')
    expect((await stranger.ask('fragment f on Query { ...f } { ...f }')).errors?.[0]?.message).toBeDefined()
  })

  it('reveals no internals in an error', async () => {
    const { errors } = await bank.stranger().ask('query ($n: Int) { rebalances(last: $n) { time } }', { n: -1 })
    expect(errors?.[0]).toMatchObject({ message: '"last" must be from 1 to 500.', extensions: { code: 'BAD_USER_INPUT' } })
    expect(JSON.stringify(errors)).not.toContain('.ts')
  })

  it('limits the attempts to guess a password', async () => {
    await bank.client('a patient client')
    const stranger = bank.stranger()
    const attempt = async (password: string): Promise<string | null | undefined> => {
      const { data } = await stranger.ask<{ signIn: { reason: string | null } }>(
        'mutation ($p: String!) { signIn(username: "a patient client", password: $p) { reason } }',
        { p: password },
      )
      return data?.signIn.reason
    }
    for (let count = 0; count < 8; count++) expect(await attempt(`guess ${count}`)).toBe('Name or password is wrong.')
    expect(await attempt('a good password')).toBe('Too many attempts: try again in a quarter of an hour.')
  })

  it('does not reveal whether a name exists', async () => {
    await bank.client('a known client')
    for (const name of ['a known client', 'an unknown client']) {
      const { data } = await bank
        .stranger()
        .ask<{ signIn: object }>('mutation ($u: String!) { signIn(username: $u, password: "a wrong password") { reason } }', { u: name })
      expect(data?.signIn).toEqual({ reason: 'Name or password is wrong.' })
    }
  })

  it('keeps a session over a restart, until it is signed out', async () => {
    const client = await bank.client('a steady client')
    await bank.restart()
    const again = bank.stranger()
    again.cookie = client.cookie
    const me = async (): Promise<unknown> => (await again.ask('{ me { username } }')).data
    expect(await me()).toEqual({ me: { username: 'a steady client' } })
    const { cookie } = again
    await again.ask('mutation { signOut }')
    again.cookie = cookie
    expect(await me()).toEqual({ me: null })
  })

  it('ends the old session when its browser signs in again', async () => {
    const client = await bank.client('a first client')
    const old = bank.stranger()
    old.cookie = client.cookie
    await client.ask('mutation { signIn(username: "a first client", password: "a good password") { reason } }')
    expect((await old.ask('{ me { username } }')).data).toEqual({ me: null })
    expect((await client.ask('{ me { username } }')).data).toEqual({ me: { username: 'a first client' } })
  })
})

describe.each([
  ['no proxy', []],
  ['a proxy elsewhere', ['192.0.2.0/24']],
  ['a proxy on this machine', ['loopback']],
])('The server behind %s', (_, proxies) => {
  let bank: BankApi

  beforeAll(async () => {
    bank = await BankApi.open('production', proxies)
  })

  afterAll(() => bank.close())

  it('trusts only its own proxies to name the address of a request', async () => {
    const remaining = async (from: string): Promise<number> => {
      const response = await fetch(`${bank.url}/health`, { headers: { 'x-forwarded-for': from } })
      return Number(response.headers.get('x-ratelimit-remaining'))
    }
    const isTrusted = proxies.includes('loopback')
    const first = await remaining('198.51.100.1')
    expect(await remaining('198.51.100.2')).toBe(isTrusted ? first : first - 1)
    expect(await remaining('198.51.100.3, 198.51.100.1')).toBe(isTrusted ? first - 1 : first - 2)
  })
})
