import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listenOnPreviousPort } from './previous-port.ts'

describe('A process that listens on its previous port', () => {
  let directory: string
  let file: string
  const servers: Server[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bob-port-'))
    file = join(directory, 'port')
  })

  afterEach(async () => {
    for (const server of servers.splice(0)) server.close()
    await rm(directory, { recursive: true })
  })

  async function listen(port: number): Promise<{ readonly url: string; readonly server: Server }> {
    const server = createServer()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The server has no port.')
    return { url: `http://127.0.0.1:${address.port}`, server }
  }

  it('gets the same port again', async () => {
    const { url, server } = await listenOnPreviousPort(file, listen)
    server.close()
    await once(server, 'close')
    expect((await listenOnPreviousPort(file, listen)).url).toBe(url)
  })

  it('takes another port while its own is in use, and records that one', async () => {
    const { url: taken } = await listenOnPreviousPort(file, listen)
    const { url } = await listenOnPreviousPort(file, listen)
    expect(url).not.toBe(taken)
    expect(await readFile(file, 'utf8')).toBe(new URL(url).port)
  })

  it('starts when the file does not hold a port', async () => {
    await writeFile(file, 'no port')
    await expect(listenOnPreviousPort(file, listen)).resolves.toBeDefined()
  })

  it('rejects with any error other than a port in use', async () => {
    await expect(listenOnPreviousPort(file, () => Promise.reject(new Error('no network')))).rejects.toThrow('no network')
  })
})
