import { once } from 'node:events'
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import { Gauge, Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpQueryTransport } from '../../topology/index.ts'
import { InstanceServer, STATUS_PATH } from './instance-server.ts'
import type { InstanceStatus } from './instance-status.ts'

const SECRET = 'of nobody but this test'
const RUNNING: InstanceStatus = { instanceId: 'one', state: 'running', tasks: [] }
const admitted = { authorization: `Bearer ${SECRET}` }
const options = () => ({
  transport: new HttpQueryTransport({ secret: SECRET }),
  metrics: new Registry(),
  host: '127.0.0.1',
  port: 0,
  status: (): InstanceStatus | undefined => undefined,
})

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', hostname()],
])('A processor that listens at %s is reached as %s', async (host, name) => {
  const server = await InstanceServer.listen({ ...options(), host })
  expect(new URL(server.url).hostname).toBe(name.toLowerCase())
  await server.close()
})

it('says that a port is taken', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  await expect(InstanceServer.listen({ ...options(), port })).rejects.toThrow('EADDRINUSE')
  holder.close()
})

describe('A processor’s server', () => {
  let server: InstanceServer
  let status: InstanceStatus | undefined

  beforeEach(async () => {
    status = undefined
    const given = options()
    new Gauge({ name: 'bob_seen', help: 'Seen.', registers: [given.metrics] }).set(3)
    server = await InstanceServer.listen({ ...given, status: () => status })
  })

  afterEach(() => server.close())

  const ask = async (path: string, init: RequestInit = {}): Promise<readonly [number, string]> => {
    const answer = await fetch(`${server.url}${path}`, init)
    return [answer.status, await answer.text()]
  }

  it('is healthy when its instance is', async () => {
    expect(await ask('/health')).toEqual([503, '{"state":"starting"}'])
    status = RUNNING
    expect(await ask('/health')).toEqual([200, '{"state":"running"}'])
    expect(await ask('/health', { method: 'HEAD' })).toEqual([200, ''])
    status = { ...RUNNING, state: 'failed' }
    expect(await ask('/health')).toEqual([503, '{"state":"failed"}'])
  })

  it('says how it is doing to who has the secret', async () => {
    expect(await ask(STATUS_PATH)).toEqual([401, '{"error":"The secret is missing or wrong."}'])
    expect(await ask(STATUS_PATH, { headers: admitted })).toEqual([503, '{"error":"No instance runs here."}'])
    status = RUNNING
    expect(await ask(STATUS_PATH, { headers: admitted })).toEqual([200, JSON.stringify(status)])
  })

  it('has metrics, and nothing else', async () => {
    expect((await ask('/metrics'))[1]).toContain('bob_seen 3')
    expect((await ask('/elsewhere'))[0]).toBe(404)
    expect((await ask('/health', { method: 'DELETE' }))[0]).toBe(404)
  })

  it('takes questions of a bounded length', async () => {
    const question = (body: string) => ask('/queries', { method: 'POST', headers: admitted, body })
    expect((await question('{}'))[0]).toBe(503)
    expect(await question('x'.repeat((1 << 20) + 1))).toEqual([413, '{"error":"The question is too long."}'])
  })
})
