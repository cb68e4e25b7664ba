import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FatalBrokerError } from '../topology/index.ts'
import { manualPorts } from '../topology/testing/index.ts'
import { ConfigurationError } from './configuration-error.ts'
import { readConnection } from './connection.ts'
import { passwordFrom, tokenFrom, tokensOf } from './kafka-credentials.ts'

const USER = { BOB_KAFKA_USER: 'bob' }
const PASSWORD = { BOB_KAFKA_PASSWORD: 'secret' }
const URL = { BOB_KAFKA_TOKEN_URL: 'https://login.example/token' }

describe('20.C15 The configuration of a connection', () => {
  it('names brokers with IPv6 addresses', () => {
    const kafka = '[::1]:9092,kafka-2:9092,127.0.0.1:9093'
    expect(readConnection({ kafka }, {}).kafka).toEqual(kafka.split(','))
    for (const wrong of ['::1:9092', '[::1]', '[::1:9092', ']:9092'])
      expect(() => readConnection({ kafka: wrong }, {})).toThrow(ConfigurationError)
  })

  it.each<[Readonly<Record<string, string>>, object]>([
    [
      { BOB_KAFKA_SASL: 'plain', ...USER, ...PASSWORD },
      { mechanism: 'plain', username: 'bob', password: 'secret' },
    ],
    [
      { BOB_KAFKA_SASL: 'SCRAM-SHA-256', ...USER, BOB_KAFKA_PASSWORD_FILE: '/p' },
      { mechanism: 'scram-sha-256', username: 'bob', passwordFile: '/p' },
    ],
    [
      { BOB_KAFKA_SASL: 'oauthbearer', BOB_KAFKA_TOKEN_FILE: '/t' },
      { mechanism: 'oauthbearer', tokenFile: '/t' },
    ],
    [
      { BOB_KAFKA_SASL: 'oauthbearer', ...URL, ...USER, ...PASSWORD, BOB_KAFKA_TOKEN_SCOPE: 'kafka' },
      {
        mechanism: 'oauthbearer',
        endpoint: { url: URL.BOB_KAFKA_TOKEN_URL, clientId: 'bob', clientSecret: 'secret', scope: 'kafka' },
      },
    ],
  ])('reads %o', (environment, sasl) => {
    expect(readConnection({}, environment).sasl).toEqual(sasl)
  })

  it.each<Readonly<Record<string, string>>>([
    { BOB_KAFKA_SASL: 'gssapi', ...USER, ...PASSWORD },
    { BOB_KAFKA_SASL: 'plain', ...PASSWORD },
    { BOB_KAFKA_SASL: 'plain', ...USER },
    { BOB_KAFKA_SASL: 'plain', ...USER, ...PASSWORD, BOB_KAFKA_PASSWORD_FILE: '/p' },
    { BOB_KAFKA_SASL: 'oauthbearer', ...USER, ...PASSWORD },
    { BOB_KAFKA_SASL: 'oauthbearer', BOB_KAFKA_TOKEN_FILE: '/t', ...URL },
    { BOB_KAFKA_SASL: 'oauthbearer', ...URL, ...USER },
    { BOB_KAFKA_SASL: 'oauthbearer', BOB_KAFKA_TOKEN_URL: 'nowhere', ...USER, ...PASSWORD },
  ])('refuses %o', (environment) => {
    expect(() => readConnection({}, environment)).toThrow(ConfigurationError)
  })
})

describe('20.C15 A secret in a file', () => {
  it('is read at each authentication', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bob-secret-'))
    const file = join(directory, 'secret')
    try {
      const [password, token] = [passwordFrom(file, 'bob'), tokenFrom(file)]
      await writeFile(file, 'first\n')
      expect([await password(), await token()]).toEqual([{ username: 'bob', password: 'first' }, { value: 'first' }])
      await writeFile(file, 'second')
      expect([await password(), await token()]).toEqual([{ username: 'bob', password: 'second' }, { value: 'second' }])
      await rm(file)
      await expect(token()).rejects.toThrow(/ENOENT/)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})

describe('20.C15 A token endpoint', () => {
  const ports = manualPorts()
  const answers: (readonly [status: number, body: string])[] = []
  const requests: { readonly authorization: string | undefined; readonly body: string }[] = []

  async function withEndpoint(test: (token: ReturnType<typeof tokensOf>) => Promise<void>): Promise<void> {
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        requests.push({ authorization: request.headers.authorization, body })
        const [status, text] = answers.shift() ?? [500, '']
        response.writeHead(status, { 'content-type': 'application/json' }).end(text)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    requests.length = 0
    try {
      await test(tokensOf({ url: `http://127.0.0.1:${port}/token`, clientId: 'bob', clientSecret: 's:1', scope: 'kafka' }, ports.clock))
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  const token = (value: string) => [200, JSON.stringify({ access_token: value, expires_in: 100, token_type: 'Bearer' })] as const

  it('issues one token for all connections, and another one when most of its lifetime is over', () =>
    withEndpoint(async (next) => {
      answers.push(token('one'), token('two'))
      expect(await next()).toMatchObject({ value: 'one' })
      await ports.advance(79_000)
      expect(await next()).toMatchObject({ value: 'one' })
      await ports.advance(2_000)
      const both = await Promise.all([next(), next()])
      expect(both.map(({ value }) => value)).toEqual(['two', 'two'])
      expect(requests).toHaveLength(2)
      expect(requests[0]).toEqual({
        authorization: `Basic ${Buffer.from('bob:s%3A1').toString('base64')}`,
        body: 'grant_type=client_credentials&scope=kafka',
      })
    }))

  it.each<[status: number, body: string]>([
    [503, ''],
    [200, 'not JSON'],
    [200, '{}'],
  ])('that fails with %i %j is asked again', (status, body) =>
    withEndpoint(async (next) => {
      answers.push([status, body], token('late'))
      const failing = next()
      await expect(failing).rejects.toThrow()
      await expect(failing).rejects.not.toBeInstanceOf(FatalBrokerError)
      expect(await next()).toMatchObject({ value: 'late' })
    }),
  )

  it('that refuses the client ends the application', () =>
    withEndpoint(async (next) => {
      answers.push([401, '{"error":"invalid_client"}'])
      const failing = next()
      await expect(failing).rejects.toBeInstanceOf(FatalBrokerError)
      await expect(failing).rejects.toThrow(/refuses client bob with 401: check BOB_KAFKA_TOKEN_URL/)
    }))
})

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}
