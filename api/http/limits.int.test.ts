import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMPANY_IBAN } from '../../processors/index.ts'
import { memoryTaskStorages } from '../../topology/index.ts'
import type { ApiClient } from '../testing/api-client.ts'
import { BankApi } from '../testing/bank-api.ts'

const LIMITS = {
  connections: 40,
  connectionsPerAddress: 30,
  streams: 12,
  streamsPerAddress: 8,
  streamsPerUser: 4,
  requests: 20,
  requestsPerAddress: 6,
  requestTimeoutMs: 1_000,
}
const STREAM = JSON.stringify({ query: `subscription { transactions(iban: "${COMPANY_IBAN}") { id } }` })

let bank: BankApi
/** A response that nothing refers to is cancelled when its memory is collected. */
const held: Response[] = []

beforeAll(async () => {
  bank = await BankApi.open('development', [], memoryTaskStorages(), LIMITS)
})

afterAll(() => bank.close())

const metric = async (name: string, kind: string): Promise<number> => {
  const text = await (await fetch(`${bank.url}/metrics`)).text()
  return Number(new RegExp(`^bob_${name}\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(text)?.[1])
}

/** Opens so many streams; resolves with those that were served, and the statuses of the others. */
async function openStreams(client: ApiClient, count: number): Promise<{ readonly open: AbortController[]; readonly refused: number[] }> {
  const open: AbortController[] = []
  const refused: number[] = []
  for (let at = 0; at < count; at++) {
    const abort = new AbortController()
    const response = await client.post('/graphql/stream', STREAM, {}, abort.signal)
    if (response.status === 200) {
      open.push(abort)
      held.push(response)
    } else {
      refused.push(response.status)
      expect(response.headers.get('retry-after')).toBe('1')
      abort.abort()
    }
  }
  return { open, refused }
}

function openSocket(localAddress: string): Promise<Socket> {
  const { hostname, port } = new URL(bank.url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Whether the server has kept the connection for as long as a refusal takes. */
async function isKept(socket: Socket): Promise<boolean> {
  const closed = new Promise<false>((resolve) => socket.once('close', () => resolve(false)).once('error', () => resolve(false)))
  return Promise.race([closed, new Promise<true>((resolve) => setTimeout(() => resolve(true), 300))])
}

describe('21.1 The API bounds', () => {
  it('the streams of an address, which are no requests under way; they are free again when their clients leave', async () => {
    const { open, refused } = await openStreams(bank.stranger(), 11)
    expect([open.length, refused]).toEqual([8, [503, 503, 503]])
    expect(await metric('in_use', 'streams')).toBe(8)
    expect(await metric('in_use', 'requests')).toBe(1)
    expect(await metric('refused', 'streams')).toBeGreaterThanOrEqual(3)
    expect((await bank.stranger().ask<{ me: null }>('{ me { username } }')).data).toEqual({ me: null })
    for (const abort of open) abort.abort()
    await expect.poll(() => metric('in_use', 'streams')).toBe(0)
    const again = await openStreams(bank.stranger(), 1)
    expect(again.open).toHaveLength(1)
    again.open[0]?.abort()
    await expect.poll(() => metric('in_use', 'streams')).toBe(0)
  })

  it('the streams of a user', async () => {
    const { open, refused } = await openStreams(await bank.client('a client with streams'), 6)
    expect([open.length, refused]).toEqual([4, [503, 503]])
    for (const abort of open) abort.abort()
    await expect.poll(() => metric('in_use', 'streams')).toBe(0)
  })

  it('the connections of an address and in all, and serves the others', async () => {
    const first = await Promise.all(Array.from({ length: 33 }, () => openSocket('127.0.0.2')))
    const kept = await Promise.all(first.map(isKept))
    expect(kept.filter(Boolean)).toHaveLength(30)
    expect((await bank.stranger().ask<{ me: null }>('{ me { username } }')).data).toEqual({ me: null })
    const second = await Promise.all(Array.from({ length: 15 }, () => openSocket('127.0.0.3')))
    const keptOfSecond = await Promise.all(second.map(isKept))
    expect(keptOfSecond.filter(Boolean).length).toBeLessThanOrEqual(10)
    for (const socket of [...first, ...second]) socket.destroy()
    await expect.poll(() => metric('in_use', 'connections')).toBeLessThan(15)
    await expect.poll(() => metric('refused', 'connections')).toBeGreaterThanOrEqual(8)
  })

  it('the time that a request takes to arrive: slow bodies hold no place for long', async () => {
    const slow = await Promise.all(Array.from({ length: 10 }, () => openSocket('127.0.0.1')))
    for (const socket of slow) {
      socket.on('error', () => undefined)
      socket.write(`POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{`)
    }
    await expect.poll(async () => (await bank.stranger().post('/graphql', '{"query":"{ me { role } }"}')).status).toBe(503)
    await expect
      .poll(async () => (await bank.stranger().post('/graphql', '{"query":"{ me { role } }"}')).status, { timeout: 10_000 })
      .toBe(200)
    for (const socket of slow) socket.destroy()
  })
})

describe('21.1 The work of one request is bounded:', () => {
  it('a request may ask for so many rows in all, however they are spread over its fields', async () => {
    const statement = `statement(iban: "${COMPANY_IBAN}", from: 0, to: 9999999999999, first: 500) { rows { id } }`
    const aliases = (count: number): string => `{ ${Array.from({ length: count }, (_, at) => `s${at}: ${statement}`).join(' ')} }`
    expect(await bank.stranger().codeOf(aliases(3))).toBeUndefined()
    const refused = await bank.stranger().ask<Record<string, unknown>>(aliases(15))
    expect(refused.errors?.[0]?.extensions?.code).toBe('TOO_LARGE')
    expect(refused.errors?.[0]?.message).toContain('2000 rows')
  })

  it('a page is bounded', async () => {
    expect(await bank.stranger().codeOf(`{ statement(iban: "${COMPANY_IBAN}", from: 0, to: 1, first: 501) { hasMore } }`)).toBe(
      'BAD_USER_INPUT',
    )
  })

  it.each([
    ['signIn', 'mutation ($t: String!) { signIn(username: $t, password: "a good password") { reason } }'],
    ['a password', 'mutation ($t: String!) { signIn(username: "a client", password: $t) { reason } }'],
    ['account', 'query ($t: String!) { account(iban: $t) { iban } }'],
    ['transfer', 'query ($t: ID!) { transfer(id: $t) { id } }'],
    ['statement', 'query ($t: ID!) { statement(iban: "x", from: 0, to: 1, after: $t) { hasMore } }'],
  ])('a text of 60 kB is refused before it is the key of anything: %s', async (_, query) => {
    const { errors } = await bank.stranger().ask(query, { t: 'x'.repeat(60_000) })
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
    expect(errors?.[0]?.message).toContain('at most 256 characters')
  })
})
