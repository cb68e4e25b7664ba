import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Summary } from '../run/run.ts'

export interface BankProcessOptions {
  readonly dataDirectory: string
  readonly port: number
  readonly load: number
}

const START = fileURLToPath(new URL('./start.js', import.meta.url))
const READY_TIMEOUT_MS = 60_000
const POLL_MS = 20

/** A bank in a separate process, which can be killed. */
export class BankProcess {
  readonly url: string
  readonly #child: ChildProcess
  #output = ''

  private constructor({ dataDirectory, port, load }: BankProcessOptions) {
    this.url = `http://127.0.0.1:${port}`
    this.#child = spawn(process.execPath, [START, '--json', '--data', dataDirectory, '--port', String(port), '--load', String(load)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
  }

  /** Resolves when the bank is ready. Throws if it exits first, or is not ready in time. */
  static async start(options: BankProcessOptions): Promise<{ readonly bank: BankProcess; readonly readyMs: number }> {
    const startedAt = performance.now()
    const bank = new BankProcess(options)
    while (!(await bank.#isReady())) {
      if (bank.#child.exitCode !== null) throw new Error(`The bank ended with exit code ${bank.#child.exitCode} instead of starting.`)
      if (performance.now() - startedAt > READY_TIMEOUT_MS) throw new Error(`The bank was not ready after ${READY_TIMEOUT_MS} ms.`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    return { bank, readyMs: Math.round(performance.now() - startedAt) }
  }

  /** Ends the process with SIGKILL, so that it cannot finish anything. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  /** Ends the process with SIGTERM and returns the summary that it prints. */
  async stop(): Promise<Summary> {
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    await ended
    return JSON.parse(this.#output.trim().split('\n').at(-1) ?? '') as Summary
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/ready`)).ok
    } catch (error) {
      if (error instanceof TypeError) return false
      throw error
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('The system assigned no TCP port.')
  return address.port
}
