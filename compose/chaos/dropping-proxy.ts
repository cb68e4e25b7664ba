import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

interface ProxyState {
  target: number
  drops: number
  dropped: number
}

/**
 * A TCP proxy in front of one broker. After `drop` it discards the next response and closes the connection, so that the client cannot
 * know whether its request took effect.
 */
export class DroppingProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets: ReadonlySet<Socket>
  readonly #state: ProxyState

  private constructor(port: number, server: Server, sockets: ReadonlySet<Socket>, state: ProxyState) {
    this.port = port
    this.#server = server
    this.#sockets = sockets
    this.#state = state
  }

  static async listen(): Promise<DroppingProxy> {
    const sockets = new Set<Socket>()
    const state: ProxyState = { target: 0, drops: 0, dropped: 0 }
    const server = createServer((client) => {
      const broker = connect(state.target, '127.0.0.1')
      for (const [socket, other] of [
        [client, broker],
        [broker, client],
      ] as const) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('error', () => other.destroy())
        socket.on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
      }
      client.pipe(broker)
      broker.on('data', (bytes: Buffer) => {
        if (state.drops === 0) return void client.write(bytes)
        state.drops--
        state.dropped++
        broker.destroy()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The proxy listens on no TCP port.')
    return new DroppingProxy(address.port, server, sockets, state)
  }

  /** Responses dropped so far. */
  get dropped(): number {
    return this.#state.dropped
  }

  /** The broker's port. */
  set target(port: number) {
    this.#state.target = port
  }

  drop(responses: number): void {
    this.#state.drops += responses
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
