import { connect } from 'node:net'
import type { SocketFactory } from '../socket.ts'

/** `request`: it never reaches the broker. `answer`: the broker has executed the request. */
export type Loss = 'request' | 'answer'

/** Real sockets, one of which breaks at the next request of a chosen kind: before it is sent, or when its response arrives. */
export class LossySockets {
  #armed: { readonly apiKey: number; readonly loss: Loss } | undefined

  /** Loses the next request with this API key, or its response. */
  lose(apiKey: number, loss: Loss): void {
    this.#armed = { apiKey, loss }
  }

  /** Whether the loss has happened. */
  get hasLost(): boolean {
    return this.#armed === undefined
  }

  readonly factory: SocketFactory = ({ host, port }) => {
    const socket = connect({ host, port })
    const write = socket.write.bind(socket)
    const emit = socket.emit.bind(socket)
    const cut = (): boolean => {
      socket.destroy(new Error('the connection was cut'))
      return false
    }
    let losesAnswer = false
    socket.write = (bytes: Uint8Array | string, ...rest: never[]) => {
      const isArmed = typeof bytes !== 'string' && Buffer.from(bytes).readInt16BE(4) === this.#armed?.apiKey
      if (!isArmed) return write(bytes, ...rest)
      losesAnswer = this.#armed?.loss === 'answer'
      this.#armed = undefined
      return losesAnswer ? write(bytes, ...rest) : cut()
    }
    socket.emit = (event: string | symbol, ...rest: unknown[]) => (losesAnswer && event === 'data' ? cut() : emit(event, ...rest))
    return socket
  }
}
