import type { Socket } from 'node:net'

/** Opened in the worker on behalf of the main thread, which authenticates it over messages, and then uses it for nothing else. */
interface WorkerSocket {
  readonly id: number
  readonly isSecure: boolean
  /** For `net.connect` or `tls.connect`. */
  readonly options: object
}

export type ToWorker =
  | { readonly kind: 'open'; readonly socket: WorkerSocket }
  | { readonly kind: 'write'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly id: number }
  /** From now on heartbeats go over this socket, and its bytes no longer to the main thread. */
  | { readonly kind: 'take-over'; readonly id: number }
  /** The Heartbeat request as it goes over a socket; undefined: none. */
  | { readonly kind: 'beat'; readonly frame: Uint8Array | undefined }

export type FromWorker =
  | { readonly kind: 'connected'; readonly id: number }
  | { readonly kind: 'data'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly code?: string }
  | { readonly kind: 'ended'; readonly id: number }

export interface HeartbeatWorkerData {
  /** The main thread counts it up while it is alive. */
  readonly life: SharedArrayBuffer
  readonly intervalMs: number
  readonly maxPollIntervalMs: number
  /** Sockets need no authentication: the worker opens a broken one again on its own. */
  readonly mayReopen: boolean
}

/**
 * The worker's whole program. It runs from its source text, so it uses nothing from outside its own body: a file of its own would have to be found
 * from a bundle, and Node 20 does not start a worker from TypeScript.
 *
 * While the main thread is silent, it sends heartbeats. Their responses say nothing that the main thread does not learn from its own next one.
 */
export function heartbeatWorker(load: NodeJS.Require): void {
  const { parentPort, workerData } = load('node:worker_threads') as typeof import('node:worker_threads')
  const net = load('node:net') as typeof import('node:net')
  const tls = load('node:tls') as typeof import('node:tls')
  if (parentPort === null) throw new Error('The heartbeat worker runs in a worker thread only.')
  const port = parentPort
  const { life, intervalMs, maxPollIntervalMs, mayReopen } = workerData as HeartbeatWorkerData
  const signs = new Int32Array(life)
  const sockets = new Map<number, Socket>()
  const known = new Map<number, WorkerSocket>()
  let beating = -1
  let frame: Uint8Array | undefined
  let lastSign = Atomics.load(signs, 0)
  let silentSince = performance.now()

  const tell = (message: FromWorker): void => port.postMessage(message)

  const open = (wanted: WorkerSocket): Socket => {
    const { id, isSecure, options } = wanted
    const socket = isSecure ? tls.connect(options) : net.connect(options as import('node:net').NetConnectOpts)
    known.set(id, wanted)
    sockets.set(id, socket)
    socket.setKeepAlive(true, 60_000)
    socket.setNoDelay(true)
    socket.on(isSecure ? 'secureConnect' : 'connect', () => tell({ kind: 'connected', id }))
    socket.on('data', (bytes: Uint8Array) => {
      if (id !== beating) tell({ kind: 'data', id, bytes })
    })
    socket.on('error', ({ message, code = '' }: NodeJS.ErrnoException) => tell({ kind: 'failed', id, message, code }))
    socket.on('close', () => {
      if (sockets.get(id) === socket) sockets.delete(id)
      tell({ kind: 'ended', id })
    })
    return socket
  }

  const close = (id: number): void => {
    known.delete(id)
    sockets.get(id)?.destroy()
  }

  port.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'open':
        open(message.socket)
        break
      case 'write':
        sockets.get(message.id)?.write(message.bytes)
        break
      case 'close':
        close(message.id)
        break
      case 'take-over':
        if (beating !== message.id) close(beating)
        beating = message.id
        break
      case 'beat':
        frame = message.frame
        break
      default:
        message satisfies never
    }
  })

  setInterval(() => {
    const [now, sign] = [performance.now(), Atomics.load(signs, 0)]
    if (sign !== lastSign) {
      lastSign = sign
      silentSince = now
      return
    }
    if (frame === undefined || now - silentSince > maxPollIntervalMs) return
    const wanted = known.get(beating)
    const socket = sockets.get(beating) ?? (mayReopen && wanted !== undefined ? open(wanted) : undefined)
    socket?.write(frame)
  }, intervalMs)
}
