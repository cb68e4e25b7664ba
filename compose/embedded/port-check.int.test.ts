import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { checkPort, PortError } from './port-check.ts'

describe('The port', () => {
  it('is refused while another program listens on it, and accepted once it is free', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await expect(checkPort('127.0.0.1', port)).rejects.toThrow(
      new PortError(`Port ${port} is in use. Stop the other program, or choose another port with --port.`),
    )
    server.close()
    await once(server, 'close')
    await expect(checkPort('127.0.0.1', port)).resolves.toBeUndefined()
  })

  it('on a host that is not this machine is refused', async () => {
    await expect(checkPort('192.0.2.1', 0)).rejects.toThrow('Cannot listen on 192.0.2.1:0')
  })
})
