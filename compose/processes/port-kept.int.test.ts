import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listenAsBefore } from './port-kept.ts'

describe('A process that listens as before', () => {
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
    if (address === null || typeof address === 'string') throw new Error('It listens on no port.')
    return { url: `http://127.0.0.1:${address.port}`, server }
  }

  it('has the port that it had', async () => {
    const { url, server } = await listenAsBefore(file, listen)
    server.close()
    await once(server, 'close')
    expect((await listenAsBefore(file, listen)).url).toBe(url)
  })

  it('takes another one when somebody else has that, and keeps it', async () => {
    const { url: taken } = await listenAsBefore(file, listen)
    const { url } = await listenAsBefore(file, listen)
    expect(url).not.toBe(taken)
    expect(await readFile(file, 'utf8')).toBe(new URL(url).port)
  })

  it('is not kept from starting by what stands in the file', async () => {
    await writeFile(file, 'no port')
    await expect(listenAsBefore(file, listen)).resolves.toBeDefined()
  })

  it('says what else keeps it from listening', async () => {
    await expect(listenAsBefore(file, () => Promise.reject(new Error('no network')))).rejects.toThrow('no network')
  })
})
