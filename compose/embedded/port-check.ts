import { createServer } from 'node:net'

/** The port that was asked for cannot be listened on; the message says why and what to do. */
export class PortError extends Error {}

/** Before anything else is touched: whether the API will be able to listen there. Throws `PortError`. */
export function checkPort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => reject(new PortError(sentenceFor(error, host, port))))
    server.listen(port, host, () => server.close(() => resolve()))
  })
}

function sentenceFor({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use: stop the other program, or choose another port with --port.`
    case 'EACCES':
      return `Port ${port} is not for this user: choose one above 1023 with --port.`
    default:
      return `Nothing can listen on ${host}:${port}: ${message}.`
  }
}
