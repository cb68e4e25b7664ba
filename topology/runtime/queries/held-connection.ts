import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** An idle connection to another instance's endpoint: the operating system ends it when that process ends, whatever ends it. */
export interface HeldConnection {
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>
  /**
   * Whether the host says that no process listens at the endpoint any more. False also when the host does not answer: a host that cannot be
   * reached proves nothing about its processes.
   */
  isRefused(): Promise<boolean>
  close(): void
}

const CONNECT_TIMEOUT_MS = 1_000
/** The host is asked so often whether it is still there. Milliseconds. */
const KEEP_ALIVE_MS = 10_000
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** Rejects when the endpoint, a URL, accepts no connection. */
export async function holdConnection(endpoint: string): Promise<HeldConnection> {
  const { hostname, port, protocol } = new URL(endpoint)
  const number = port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port)
  const socket = await connected(hostname.replace(/^\[|\]$/g, ''), number)
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined) // it also closes
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  socket.resume()
  // The name may mean another host by the time that the connection ends.
  const { remoteAddress: address = hostname } = socket
  return { ended, isRefused: () => isRefused(address, number), close: () => socket.destroy() }
}

async function isRefused(host: string, port: number): Promise<boolean> {
  try {
    const socket = await connected(host, port)
    socket.destroy()
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
  }
}

async function connected(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port })
  socket.unref()
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`${host}:${port} does not answer.`)))
  try {
    await once(socket, 'connect')
  } catch (error) {
    socket.destroy()
    throw error
  }
  socket.setTimeout(0)
  return socket
}
