import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

interface Line {
  target: number
  drops: number
  dropped: number
}

/** Stands before one broker. Told to, it swallows the next answer and ends the line: the broker has done what nobody hears of. */
export class DroppingProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets: ReadonlySet<Socket>
  readonly #line: Line

  private constructor(port: number, server: Server, sockets: ReadonlySet<Socket>, line: Line) {
    this.port = port
    this.#server = server
    this.#sockets = sockets
    this.#line = line
  }

  static async listen(): Promise<DroppingProxy> {
    const sockets = new Set<Socket>()
    const line: Line = { target: 0, drops: 0, dropped: 0 }
    const server = createServer((client) => {
      const broker = connect(line.target, '127.0.0.1')
      for (const [one, other] of [
        [client, broker],
        [broker, client],
      ] as const) {
        sockets.add(one)
        one.setNoDelay(true)
        one.on('error', () => other.destroy()) // the other side learns of it by its own end
        one.on('close', () => {
          sockets.delete(one)
          other.destroy()
        })
      }
      client.pipe(broker)
      broker.on('data', (bytes: Buffer) => {
        if (line.drops === 0) return void client.write(bytes)
        line.drops--
        line.dropped++
        broker.destroy()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
    return new DroppingProxy(address.port, server, sockets, line)
  }

  get dropped(): number {
    return this.#line.dropped
  }

  /** Where the broker listens. */
  set target(port: number) {
    this.#line.target = port
  }

  drop(answers: number): void {
    this.#line.drops += answers
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
