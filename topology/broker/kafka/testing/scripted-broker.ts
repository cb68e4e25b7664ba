import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { Frames } from '../frames.ts'
import { Reader, Writer } from '../protocol/index.ts'

/** Writes the body of the response to a request; `silence` sends none, `close` closes the connection. */
export type Response = ((writer: Writer) => void) | 'silence' | 'close'

const LARGEST = 1 << 20

/** A server that answers requests by their API key, as a broker of another version or in trouble would. */
export class ScriptedBroker {
  readonly address: { readonly host: string; readonly port: number }
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number) {
    this.#server = server
    this.address = { host: '127.0.0.1', port }
  }

  static async listen(responses: Readonly<Record<number, Response>>): Promise<ScriptedBroker> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The operating system assigned no port.')
    const broker = new ScriptedBroker(server, address.port)
    server.on('connection', (socket) => {
      broker.#sockets.add(socket)
      socket.on('error', () => undefined) // the client has closed it
      const frames = new Frames(LARGEST, (frame) => broker.#respond(socket, frame, responses))
      socket.on('data', (chunk) => frames.push(chunk))
    })
    return broker
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #respond(socket: Socket, frame: Buffer, responses: Readonly<Record<number, Response>>): void {
    const reader = new Reader(frame)
    const apiKey = reader.int16()
    reader.int16()
    const correlationId = reader.int32()
    const response = responses[apiKey] ?? 'silence'
    if (response === 'silence') return
    if (response === 'close') return void socket.destroy()
    const writer = new Writer().int32(0).int32(correlationId)
    response(writer)
    const { bytes } = writer
    bytes.writeInt32BE(bytes.length - 4, 0)
    socket.write(bytes)
  }
}
