import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfluentRegistry, RegistryUnreachableError } from './index.ts'

let server: Server
let requests: number

beforeEach(async () => {
  requests = 0
  server = createServer(() => requests++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

describe('A registry that accepts a request and never answers', () => {
  it('is reported as unreachable', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const registry = new ConfluentRegistry({ url, timeoutMs: 50 })
    await expect(registry.schema(7)).rejects.toThrow(`The schema registry at ${url} does not answer: Timeout (50ms)`)
    await expect(registry.register('subject', '"string"')).rejects.toBeInstanceOf(RegistryUnreachableError)
    expect(requests).toBeGreaterThan(0)
  })
})
