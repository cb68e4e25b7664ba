import { once } from 'node:events'
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import { Gauge, Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpQueryTransport } from '../../topology/index.ts'
import { InstanceServer, STATUS_PATH } from './instance-server.ts'
import type { InstanceStatus } from './instance-status.ts'

const SECRET = 'a secret of this test'
const RUNNING: InstanceStatus = { instanceId: 'one', state: 'running', tasks: [], health: { isHealthy: true, problems: [] } }
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
])('A processor that listens at %s advertises %s', async (host, name) => {
  const server = await InstanceServer.listen({ ...options(), host })
  expect(new URL(server.url).hostname).toBe(name.toLowerCase())
  await server.close()
})

it('rejects when the port is in use', async () => {
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
    const serverOptions = options()
    new Gauge({ name: 'bob_seen', help: 'Seen.', registers: [serverOptions.metrics] }).set(3)
    server = await InstanceServer.listen({ ...serverOptions, status: () => status })
  })

  afterEach(() => server.close())

  const ask = async (path: string, init: RequestInit = {}): Promise<readonly [number, string]> => {
    const answer = await fetch(`${server.url}${path}`, init)
    return [answer.status, await answer.text()]
  }

  it('20.A3, 21.2 is alive while it answers, and ready while its instance does its work, and names the problems when it does not', async () => {
    expect(await ask('/health')).toEqual([200, '{"alive":true}'])
    expect(await ask('/ready')).toEqual([503, '{"ready":false,"state":"starting","reasons":["the instance is starting"]}'])
    status = RUNNING
    expect(await ask('/ready')).toEqual([200, '{"ready":true,"state":"running","reasons":[]}'])
    expect(await ask('/ready', { method: 'HEAD' })).toEqual([200, ''])
    status = { ...RUNNING, health: { isHealthy: false, problems: ['task 0_1 is stalled: …'] } }
    expect(await ask('/ready')).toEqual([503, '{"ready":false,"state":"running","reasons":["task 0_1 is stalled: …"]}'])
    expect(await ask('/health')).toEqual([200, '{"alive":true}'])
  })

  it('serves its status only with the secret', async () => {
    expect(await ask(STATUS_PATH)).toEqual([401, '{"error":"The secret is missing or wrong."}'])
    expect(await ask(STATUS_PATH, { headers: admitted })).toEqual([503, '{"error":"The instance has not started yet."}'])
    status = RUNNING
    expect(await ask(STATUS_PATH, { headers: admitted })).toEqual([200, JSON.stringify(status)])
  })

  it('serves metrics, and 404 for any other path', async () => {
    expect((await ask('/metrics'))[1]).toContain('bob_seen 3')
    expect((await ask('/elsewhere'))[0]).toBe(404)
    expect((await ask('/health', { method: 'DELETE' }))[0]).toBe(404)
  })

  it('limits the length of a query', async () => {
    const query = (body: string) => ask('/queries', { method: 'POST', headers: admitted, body })
    expect((await query('{}'))[0]).toBe(503)
    expect(await query('x'.repeat((1 << 20) + 1))).toEqual([413, '{"error":"The query is longer than 1048576 bytes."}'])
  })
})
