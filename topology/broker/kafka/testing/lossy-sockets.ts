import { connect } from 'node:net'
import type { SocketFactory } from '../connection.ts'

/** `request`: the broker never hears of it. `answer`: the broker has done it. */
export type Loss = 'request' | 'answer'

/** Real connections, of which one breaks at a request of a chosen kind: before it was sent, or when its answer arrives. */
export class LossySockets {
  #armed: { readonly apiKey: number; readonly loss: Loss } | undefined

  /** The next request with that key of the protocol is lost, or its answer. */
  lose(apiKey: number, loss: Loss): void {
    this.#armed = { apiKey, loss }
  }

  /** Whether what was to be lost has been. */
  get hasLost(): boolean {
    return this.#armed === undefined
  }

  readonly factory: SocketFactory = ({ host, port, onConnect }) => {
    const socket = connect({ host, port }, onConnect)
    const write = socket.write.bind(socket)
    const emit = socket.emit.bind(socket)
    const cut = (): boolean => {
      socket.destroy(new Error('the line was cut'))
      return false
    }
    let losesAnswer = false
    socket.write = (bytes: Uint8Array | string, ...rest: never[]) => {
      const isMeant = typeof bytes !== 'string' && Buffer.from(bytes).readInt16BE(4) === this.#armed?.apiKey
      if (!isMeant) return write(bytes, ...rest)
      losesAnswer = this.#armed?.loss === 'answer'
      this.#armed = undefined
      return losesAnswer ? write(bytes, ...rest) : cut()
    }
    socket.emit = (event: string | symbol, ...rest: unknown[]) => (losesAnswer && event === 'data' ? cut() : emit(event, ...rest))
    return socket
  }
}
