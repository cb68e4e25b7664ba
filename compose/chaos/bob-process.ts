import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { isReadyMessage } from '../processes/ready-message.ts'

export interface BobProcessOptions {
  readonly kind: 'processor' | 'api'
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Receives all output of the process. */
  readonly logFile: string
}

/** How and when a process ended. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Milliseconds since the epoch. */
  readonly at: number
}

const LAUNCHER = 'compose/launch.mjs'
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 60_000
const LAST_LINES = 5
/** pino's level for errors. */
const ERROR_LEVEL = 50
/** Code of the engine's warning that it deletes a task's local state and restores it. */
const STATE_WIPED = 'state-wiped'

/** `npm run bob` as a child process; it is killed when this process exits. */
export class BobProcess {
  /** Resolves with the URL when the process answers; rejects if it ends before, or if that takes too long. */
  readonly ready: Promise<string>
  readonly ended: Promise<ProcessExit>
  readonly #child: ChildProcess
  #wipes = 0
  #errors = 0

  constructor({ kind, args, environment, logFile }: BobProcessOptions) {
    const child = spawn(process.execPath, [LAUNCHER, 'bob', kind, ...args], {
      env: { ...process.env, BOB_LOG: 'info', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.ended = once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      at: Date.now(),
    }))
    const killChild = (): void => void child.kill('SIGKILL')
    process.once('exit', killChild)
    void this.ended.then(() => process.off('exit', killChild))
    const log = createWriteStream(logFile, { flags: 'a' })
    const lastLines: string[] = []
    this.ready = new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        reject(new Error(`The ${kind} is not ready after ${READY_TIMEOUT_MS} ms; see ${logFile}. Last lines: ${lastLines.join('\n')}`))
      }, READY_TIMEOUT_MS)
      void this.ended.then(({ code, signal }) => {
        clearTimeout(timeout)
        reject(
          new Error(`The ${kind} ended with ${signal ?? code} before it was ready; see ${logFile}. Last lines: ${lastLines.join('\n')}`),
        )
      })
      for (const stream of [child.stdout, child.stderr].filter((output) => output !== null)) {
        createInterface({ input: stream }).on('line', (line) => {
          log.write(`${line}\n`)
          lastLines.push(line)
          if (lastLines.length > LAST_LINES) lastLines.shift()
          this.#count(line)
        })
      }
      child.on('message', (message) => {
        if (!isReadyMessage(message)) return
        clearTimeout(timeout)
        resolve(message.url)
      })
    })
    this.ready.catch(() => undefined) // the caller that awaits it gets the error; otherwise it is not an unhandled rejection
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** How often the engine deleted a task's local state because it could not be trusted. */
  get wipes(): number {
    return this.#wipes
  }

  /** Lines logged at error level. */
  get errors(): number {
    return this.#errors
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Stops it gracefully. Rejects if that takes too long. */
  async stop(): Promise<ProcessExit> {
    this.#child.kill('SIGTERM')
    let timeout: NodeJS.Timeout | undefined
    const tooLong = new Promise<never>((_, reject) => {
      timeout = setTimeout(
        () => reject(new Error(`Process ${this.#child.pid} has not stopped ${STOP_TIMEOUT_MS} ms after SIGTERM. See its log.`)),
        STOP_TIMEOUT_MS,
      )
    })
    return Promise.race([this.ended, tooLong]).finally(() => clearTimeout(timeout))
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  #count(line: string): void {
    if (!line.startsWith('{')) return
    const { level, code } = JSON.parse(line) as { readonly level: number; readonly code?: string }
    if (code === STATE_WIPED) this.#wipes++
    if (level >= ERROR_LEVEL) this.#errors++
  }
}
