import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

const HEADER_BYTES = 12
const TYPE_AND_CLASS_BYTES = 4
const IS_ANSWER = 0x8180
/** An A record for the name of the question, with a TTL of one second. */
const RECORD_HEAD = Buffer.from([0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4])

/** Answers every DNS query with the same addresses, as a container engine does for a service with replicas. */
export class NameServer {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  static async listen(addresses: readonly string[]): Promise<NameServer> {
    const socket = createSocket('udp4')
    socket.on('message', (query, { port, address }) => socket.send(answerTo(query, addresses), port, address))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new NameServer(socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  async close(): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }
}

function answerTo(query: Buffer, addresses: readonly string[]): Buffer {
  const questionEnd = query.indexOf(0, HEADER_BYTES) + 1 + TYPE_AND_CLASS_BYTES
  const header = Buffer.alloc(HEADER_BYTES)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(IS_ANSWER, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  const records = addresses.flatMap((address) => [RECORD_HEAD, Buffer.from(address.split('.').map(Number))])
  return Buffer.concat([header, query.subarray(HEADER_BYTES, questionEnd), ...records])
}
