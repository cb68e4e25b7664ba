import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP port in front of another one. */
export class Forwarder {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target: number | undefined

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
    server.on('connection', (client) => this.#forward(client))
  }

  static async listen(): Promise<Forwarder> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The operating system assigned no port.')
    return new Forwarder(server, address.port)
  }

  /** Forwards to the port of the broker that stands behind it. */
  to(port: number | undefined): void {
    this.#target = port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #forward(client: Socket): void {
    if (this.#target === undefined) return void client.destroy()
    const broker = connect(this.#target, '127.0.0.1')
    for (const [source, target] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(source)
      source.on('error', () => target.destroy()) // the peer sees the connection end
      source.on('close', () => {
        this.#sockets.delete(source)
        target.destroy()
      })
      source.pipe(target)
    }
  }
}
