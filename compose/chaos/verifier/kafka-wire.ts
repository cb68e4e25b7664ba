import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/**
 * The part of Kafka's protocol that reads whole topics, written for the verifier so that it shares no bug with the client that it
 * checks. One connection, one request at a time.
 */
export class KafkaWire {
  readonly #socket: Socket
  readonly #incoming: AsyncIterator<Buffer>
  #received: Buffer = Buffer.alloc(0)
  #correlation = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#incoming = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  static async connect(address: string): Promise<KafkaWire> {
    const at = address.lastIndexOf(':')
    const socket = connect(Number(address.slice(at + 1)), address.slice(0, at))
    await once(socket, 'connect')
    return new KafkaWire(socket)
  }

  /** Returns the body of the response. */
  async request(apiKey: number, apiVersion: number, body: Buffer): Promise<Answer> {
    const head = Buffer.alloc(14)
    head.writeInt32BE(head.length - 4 + body.length, 0)
    head.writeInt16BE(apiKey, 4)
    head.writeInt16BE(apiVersion, 6)
    head.writeInt32BE(++this.#correlation, 8)
    head.writeInt16BE(-1, 12)
    this.#socket.write(Buffer.concat([head, body]))
    const parts = [this.#received]
    for (let length = this.#received.length; length < 4 || length < 4 + joined(parts).readInt32BE(0);) {
      const { value, done } = await this.#incoming.next()
      if (done) throw new Error(`The broker closed the verifier’s connection during a request with API key ${apiKey}.`)
      parts.push(value)
      length += value.length
    }
    this.#received = joined(parts)
    const end = 4 + this.#received.readInt32BE(0)
    const answer = this.#received.subarray(8, end)
    this.#received = this.#received.subarray(end)
    return new Answer(answer)
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Concatenates the parts and replaces them by the result. */
function joined(parts: Buffer[]): Buffer {
  const whole = parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts)
  parts.splice(0, parts.length, whole)
  return whole
}

/** Reads a response's fields in order. */
export class Answer {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    return this.#bytes.readInt8(this.#move(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#move(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#move(4))
  }

  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#move(8)))
  }

  string(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#bytes.toString('utf8', this.#move(length), this.#at)
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    return this.#bytes.subarray(this.#move(length), this.#at)
  }

  list<T>(read: () => T): readonly T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read)
  }

  #move(length: number): number {
    const from = this.#at
    this.#at += length
    return from
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

export function string(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([int16(bytes.length), bytes])
}
