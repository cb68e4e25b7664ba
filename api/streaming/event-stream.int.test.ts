import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualPorts, type ManualPorts } from '../../topology/testing/index.ts'
import { EventStream, frameOf } from './event-stream.ts'

const FRAME = Buffer.alloc(1 << 20, 'x')
const DRAIN_TIMEOUT_MS = 1_000

let ports: ManualPorts
let server: Server
let response: ServerResponse
let incoming: IncomingMessage
let stream: EventStream

beforeEach(async () => {
  ports = manualPorts()
  const requested = new Promise<ServerResponse>((resolve) => (server = createServer((_request, answer) => resolve(answer))))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answered = new Promise<IncomingMessage>((resolve) => {
    get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, resolve).on('error', () => undefined)
  })
  response = await requested
  stream = new EventStream(response, ports.timers, DRAIN_TIMEOUT_MS)
  stream.begin({ 'x-request': 'one', 'x-nothing': undefined })
  incoming = await answered
  incoming.on('error', () => undefined)
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** Writes until a write has to wait for the client, which does not read; returns that write. */
async function fill(): Promise<{ readonly last: Promise<void> }> {
  for (;;) {
    const last = stream.write(FRAME)
    const isDone = await Promise.race([last.then(() => true), sleep(100).then(() => false)])
    if (!isDone) return { last }
  }
}

describe('A stream of events', () => {
  it('declares itself as an event stream that proxies must not cache or buffer', () => {
    expect(incoming.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-request': 'one',
    })
  })

  it('writes an event with its id on one line, then the completion', async () => {
    await stream.write(frameOf('a\n1', { data: { text: 'two\nlines' } }))
    stream.end()
    let text = ''
    for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk)
    expect(text).toBe(':\n\nid: a1\nevent: next\ndata: {"data":{"text":"two\\nlines"}}\n\nevent: complete\ndata:\n\n')
  })

  it('waits for a slow client, and continues when it reads', async () => {
    const { last } = await fill()
    let isWritten = false
    const written = last.then(() => (isWritten = true))
    await ports.advance(DRAIN_TIMEOUT_MS - 1)
    expect(isWritten).toBe(false)
    stream.heartbeat()
    incoming.resume()
    await written
    expect(stream.isOpen).toBe(true)
  })

  it('disconnects a client that reads nothing', async () => {
    const { last } = await fill()
    await ports.advance(DRAIN_TIMEOUT_MS)
    await last
    expect(stream.isOpen).toBe(false)
    await stream.write(FRAME)
  })
})
