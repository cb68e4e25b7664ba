import { createServer } from 'node:net'

/** The API cannot listen on the configured port. The message says why and what to do. */
export class PortError extends Error {}

/** Checks that the API can listen on the port. Called before anything else is started. Throws `PortError`. */
export function checkPort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => reject(new PortError(messageFor(error, host, port))))
    server.listen(port, host, () => server.close(() => resolve()))
  })
}

function messageFor({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use. Stop the other program, or choose another port with --port.`
    case 'EACCES':
      return `This user may not listen on port ${port}. Choose a port above 1023 with --port.`
    default:
      return `Cannot listen on ${host}:${port}: ${message}. Check BOB_HOST and --port.`
  }
}
