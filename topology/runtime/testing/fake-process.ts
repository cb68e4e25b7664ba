import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { HttpQueryTransport } from '../index.ts'

/** What the network shows of an instance's process: an HTTP server at its endpoint. */
export class FakeProcess {
  readonly transport = new HttpQueryTransport({ secret: 'a secret of this test' })
  #server: Server | undefined
  #port = 0

  /** Listens on a free port, or again on its former one. */
  async start(): Promise<this> {
    this.#server = createServer((_, response) => response.end())
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as { port: number }).port
    return this
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#server === undefined) return resolve(0)
      this.#server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
    })
  }

  /** As the operating system does for a process that ends: connections are cut, and new ones are refused. */
  async end(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  /** Cuts the connections, and goes on accepting new ones. */
  cut(): void {
    this.#server?.closeAllConnections()
  }
}
