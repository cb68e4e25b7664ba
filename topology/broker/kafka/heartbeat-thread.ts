import { Worker } from 'node:worker_threads'
import type { KeepAliveOptions } from '../broker.ts'
import type { TimerHandle } from '../../ports.ts'
import type { Connection } from './connection.ts'
import { heartbeatWorker, type FromWorker, type HeartbeatWorkerData, type ToWorker } from './heartbeat-worker.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import { frameOf, heartbeat, type NamedMember } from './protocol/index.ts'
import { RemoteSocket } from './remote-socket.ts'
import type { RemoteSocketFactory } from './socket.ts'

const RETRY_MS = 1_000
/** Below the time after which Kafka closes an idle connection (`connections.max.idle.ms`, 10 minutes). */
const RENEWAL_MS = 5 * 60_000
/** Small: the worker moves some bytes. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 }

/**
 * Keeps a member's session alive while the main thread is busy: a worker thread sends heartbeats over a connection of its own. The socket is opened in
 * the worker, but a `Connection` in the main thread authenticates it, so that every way of authentication works, also one by a function of the application,
 * and no credentials leave the thread (DECISIONS 114).
 */
export class HeartbeatThread {
  readonly #cluster: KafkaCluster
  readonly #groupId: string
  readonly #options: KeepAliveOptions
  readonly #onFailed: (reason: string) => void
  readonly #life = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  readonly #sockets = new Map<number, RemoteSocket>()
  /** Resolves when heartbeats can be sent, or at the first failure to connect, which is retried. */
  readonly ready: Promise<void>
  #becomeReady = (): void => undefined
  #worker: Worker | undefined
  #connection: Connection | undefined
  #nextId = 0
  #beating = -1
  #isClosed = false
  #hasFailed = false
  #sign: TimerHandle | undefined
  #renewal: TimerHandle | undefined

  constructor(cluster: KafkaCluster, groupId: string, options: KeepAliveOptions, onFailed: (reason: string) => void) {
    this.#cluster = cluster
    this.#groupId = groupId
    this.#options = options
    this.#onFailed = onFailed
    this.ready = new Promise((resolve) => (this.#becomeReady = resolve))
    this.#worker = this.#startWorker()
    this.#giveSign()
    void this.#connect()
  }

  /** The generation changes with each rebalance, and the heartbeat with it. */
  beatFor(member: NamedMember): void {
    this.#tell({ kind: 'beat', frame: Uint8Array.from(frameOf(heartbeat(member), this.#cluster.clientId, 0)) })
  }

  close(): void {
    this.#isClosed = true
    this.#becomeReady()
    this.#sign?.cancel()
    this.#renewal?.cancel()
    this.#connection?.close()
    void this.#worker?.terminate()
    this.#worker = undefined
    // A connection that is being opened would wait for its time-out.
    for (const [id, socket] of this.#sockets) socket.hear({ kind: 'failed', id, message: 'The heartbeat thread is closed' })
    this.#sockets.clear()
  }

  /** Why a worker cannot open sockets as this client does; undefined when it can. */
  static obstacle({ socketOptions: { hasFactory } }: KafkaCluster): string | undefined {
    return hasFactory ? 'The option socketFactory makes sockets that only the main thread can use.' : undefined
  }

  #startWorker(): Worker {
    const { heartbeatIntervalMs: intervalMs, maxPollIntervalMs } = this.#options
    const mayReopen = !this.#cluster.socketOptions.isAuthenticated
    const workerData: HeartbeatWorkerData = { life: this.#life, intervalMs, maxPollIntervalMs, mayReopen }
    // Build tools that keep the names of functions wrap them in calls of `__name`.
    const source = `const __name = (value) => value; (${heartbeatWorker.toString()})(require)`
    const worker = new Worker(source, { eval: true, workerData, execArgv: [], resourceLimits: LIMITS })
    worker.unref()
    worker.on('message', (message: FromWorker) => this.#hear(message))
    worker.on('error', (error) => {
      this.close()
      this.#onFailed(`The heartbeat thread has failed: ${error.message}`)
    })
    return worker
  }

  #giveSign(): void {
    Atomics.add(new Int32Array(this.#life), 0, 1)
    this.#sign = this.#cluster.ports.timers.setTimeout(() => this.#giveSign(), this.#options.heartbeatIntervalMs)
  }

  /** Opens a connection to the coordinator and hands it to the worker; again when that fails, when it breaks, and in time before it gets too old. */
  async #connect(): Promise<void> {
    this.#renewal?.cancel()
    this.#renewal = undefined
    if (this.#isClosed) return
    let pauseMs = RETRY_MS
    let opened = -1
    const remoteSocket: RemoteSocketFactory = (...wanted) => {
      opened = this.#nextId++
      return this.#open(opened, ...wanted)
    }
    try {
      const connection = await this.#cluster.connectToCoordinator(this.#groupId, remoteSocket)
      this.#connection?.close()
      this.#connection = connection
      this.#tell({ kind: 'take-over', id: opened })
      this.#beating = opened
      this.#becomeReady()
      pauseMs = Math.min(RENEWAL_MS, connection.usableForMs)
      this.#hasFailed = false
    } catch (error) {
      this.#tell({ kind: 'close', id: opened })
      this.#cluster.forgetCoordinator('group', this.#groupId)
      this.#warnOnce(error instanceof Error ? error.message : String(error))
    }
    if (this.#isClosed) this.#connection?.close()
    else this.#reconnectIn(pauseMs)
  }

  #warnOnce(reason: string): void {
    if (!this.#isClosed && !this.#hasFailed)
      this.#cluster.ports.logger.warn('the heartbeat thread cannot be connected; it is retried', { group: this.#groupId, reason })
    this.#hasFailed = true
    this.#becomeReady()
  }

  #reconnectIn(delayMs: number): void {
    this.#renewal?.cancel()
    this.#renewal = this.#cluster.ports.timers.setTimeout(() => void this.#connect(), delayMs)
  }

  #open(id: number, ...[{ host, port }, tls]: Parameters<RemoteSocketFactory>): RemoteSocket {
    const socket = new RemoteSocket(id, (message) => this.#tell(message))
    this.#sockets.set(id, socket)
    this.#tell({ kind: 'open', socket: { id, isSecure: tls !== undefined, options: { ...tls, host, port } } })
    return socket
  }

  #hear(message: FromWorker): void {
    this.#sockets.get(message.id)?.hear(message)
    if (message.kind !== 'ended') return
    this.#sockets.delete(message.id)
    if (message.id !== this.#beating || this.#isClosed) return
    this.#beating = -1
    this.#cluster.forgetCoordinator('group', this.#groupId)
    this.#reconnectIn(RETRY_MS)
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message)
  }
}
