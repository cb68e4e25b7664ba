import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

/** A TCP proxy in front of a server whose connections can be cut. */
export interface CuttingProxy {
  readonly url: string
  /** Resets every connection and refuses new ones. */
  cut(): void
  /** Accepts connections again. */
  restore(): void
  close(): Promise<void>
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let broken = false
  const server = createServer((near) => {
    if (broken) return void near.resetAndDestroy()
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      // A reset is expected here; destroying the other socket passes it on.
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy did not get a TCP port from the system.')
  const cut = () => {
    broken = true
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    restore: () => (broken = false),
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
