import { hostname } from 'node:os'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { HttpQueryTransport } from '../../topology/index.ts'
import { InstanceServer } from './instance-server.ts'

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', hostname()],
])('A processor that listens at %s is reached as %s', async (host, name) => {
  const transport = new HttpQueryTransport({ secret: 'of nobody but this test' })
  const server = await InstanceServer.listen({ transport, metrics: new Registry(), host, port: 0, status: () => undefined })
  expect(new URL(server.url).hostname).toBe(name.toLowerCase())
  await server.close()
})
