import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { Timers } from '../../ports.ts'
import type { Address } from './address.ts'
import type { TlsOptions } from './security.ts'

/** Creates a TCP socket that is about to connect to the address, or to what stands for it: a proxy, a tunnel. */
export type SocketFactory = (address: Address) => Socket

/** Creates a socket that is about to connect in another thread, which also encrypts it with these options of Node's. It emits `connect` after both. */
export type RemoteSocketFactory = (address: Address, tls: ConnectionOptions | undefined) => Socket

/** For the TCP connection, and again for the TLS handshake. */
const CONNECT_TIMEOUT_MS = 5_000
const KEEP_ALIVE_DELAY_MS = 60_000

/** A connected socket, with TLS if there are options for it. Rejects with Node's error. */
export async function connectSocket(
  address: Address,
  tls: TlsOptions | undefined,
  timers: Timers,
  socketFactory: SocketFactory = ({ host, port }) => connect({ host, port }),
): Promise<Socket> {
  const socket = socketFactory(address)
  socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
  await connected(socket, 'connect', timers)
  if (tls === undefined) return socket
  try {
    const secured = connectTls({ ...tlsOptions(address, tls), socket })
    socket.on('error', (error) => secured.destroy(error))
    await connected(secured, 'secureConnect', timers)
    return secured
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** The same over a socket of another thread. */
export async function connectRemotely(
  address: Address,
  tls: TlsOptions | undefined,
  timers: Timers,
  remoteSocket: RemoteSocketFactory,
): Promise<Socket> {
  const socket = remoteSocket(address, tls && tlsOptions(address, tls))
  await connected(socket, 'connect', timers)
  return socket
}

/** A name in the handshake (SNI) must not be an IP address; the certificate is compared with the host all the same. */
function tlsOptions({ host }: Address, { ca, cert, key, passphrase, servername, rejectUnauthorized }: TlsOptions) {
  const name = servername ?? (isIP(host) === 0 ? host : undefined)
  const options: ConnectionOptions = {
    host,
    ...(name !== undefined && { servername: name }),
    ...(ca !== undefined && { ca: [ca].flat() }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  }
  return options
}

function connected(socket: Socket, event: 'connect' | 'secureConnect', timers: Timers): Promise<void> {
  return new Promise((resolve, reject) => {
    const timeout = timers.setTimeout(() => fail(new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`)), CONNECT_TIMEOUT_MS)
    const fail = (error: Error): void => {
      timeout.cancel()
      socket.destroy()
      reject(error)
    }
    socket.once(event, () => {
      timeout.cancel()
      resolve()
    })
    socket.once('close', () => fail(new Error('the broker closed the connection')))
    socket.on('error', fail) // stays, because an error without a listener would end the process
  })
}
