import { once } from 'node:events'
import { createServer } from 'node:net'

/** Distinct ports on which no process listens. All are held until the last is found, so that none is returned twice. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      server.close()
      await once(server, 'close')
      if (address === null || typeof address === 'string') throw new Error('The operating system assigned no port.')
      return address.port
    }),
  )
}
