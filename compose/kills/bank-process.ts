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
const GIVE_UP_MS = 60_000
const POLL_MS = 20

/** A bank in a process of its own, which can be killed. */
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

  /** Resolves when the bank answers, with how long that took. Throws when it ends instead. */
  static async start(options: BankProcessOptions): Promise<{ readonly bank: BankProcess; readonly readyMs: number }> {
    const startedAt = performance.now()
    const bank = new BankProcess(options)
    while (!(await bank.#isReady())) {
      if (bank.#child.exitCode !== null) throw new Error(`The bank ended with exit code ${bank.#child.exitCode} instead of starting.`)
      if (performance.now() - startedAt > GIVE_UP_MS) throw new Error(`The bank was not ready after ${GIVE_UP_MS} ms.`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    return { bank, readyMs: Math.round(performance.now() - startedAt) }
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  /** In order; answers with what it says in the end. */
  async stop(): Promise<Summary> {
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    await ended
    return JSON.parse(this.#output.trim().split('\n').at(-1) ?? '') as Summary
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/health`)).ok
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
  if (address === null || typeof address === 'string') throw new Error('The machine gave no port.')
  return address.port
}
