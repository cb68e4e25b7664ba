import { Socket } from 'node:net'
import type { FromWorker, ToWorker } from './heartbeat-worker.ts'

/** The main thread's end of a socket that lives in the heartbeat worker: a `Connection` authenticates over it as over any other. */
export class RemoteSocket extends Socket {
  readonly #id: number
  readonly #tell: (message: ToWorker) => void

  constructor(id: number, tell: (message: ToWorker) => void) {
    super()
    this.#id = id
    this.#tell = tell
  }

  /** A message of the worker about this socket. */
  hear(message: FromWorker): void {
    switch (message.kind) {
      case 'connected':
        this.emit('connect')
        break
      case 'data':
        this.emit('data', Buffer.from(message.bytes))
        break
      case 'failed':
        this.emit('error', Object.assign(new Error(message.message), { code: message.code }))
        break
      case 'ended':
        this.emit('close')
        break
      default:
        message satisfies never
    }
  }

  override write(bytes: Uint8Array | string): boolean {
    this.#tell({ kind: 'write', id: this.#id, bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'binary') : Uint8Array.from(bytes) })
    return true
  }

  override end(): this {
    this.#tell({ kind: 'close', id: this.#id })
    return this
  }

  override destroy(): this {
    return this.end()
  }

  override unref(): this {
    return this
  }
}
