import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface BobProcessOptions {
  readonly kind: 'processor' | 'api'
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Everything it writes goes there too. */
  readonly logFile: string
}

/** How a process came to its end. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Milliseconds since the epoch. */
  readonly at: number
}

const LAUNCHER = 'compose/launch.mjs'
const READY = /(?:answers at|Page and API at) (http:\/\/[^\s;]+);/
const READY_MS = 60_000
const STOP_MS = 60_000
const ERROR_LEVEL = 50
const WIPED = 'local state is wiped and restored'

/** `npm run bob` as a process beside this one; it does not outlive it. */
export class BobProcess {
  /** Resolves with its address when it answers; rejects when it ends instead. */
  readonly ready: Promise<string>
  readonly ended: Promise<End>
  readonly #child: ChildProcess
  #wipes = 0
  #errors = 0

  constructor({ kind, args, environment, logFile }: BobProcessOptions) {
    const child = spawn(process.execPath, [LAUNCHER, 'bob', kind, ...args], {
      env: { ...process.env, BOB_LOG: 'info', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.ended = once(child, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      at: Date.now(),
    }))
    const endWithUs = (): void => void child.kill('SIGKILL')
    process.once('exit', endWithUs)
    void this.ended.then(() => process.off('exit', endWithUs))
    const log = createWriteStream(logFile, { flags: 'a' })
    const last: string[] = []
    this.ready = new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`${kind} is not ready after ${READY_MS} ms: ${last.join('\n')}`)), READY_MS)
      void this.ended.then(({ code, signal }) => {
        clearTimeout(giveUp)
        reject(new Error(`${kind} ended with ${signal ?? code} before it was ready: ${last.join('\n')}`))
      })
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          log.write(`${line}\n`)
          last.push(line)
          if (last.length > 5) last.shift()
          this.#hear(line)
          const url = READY.exec(line)?.[1]
          if (url === undefined) return
          clearTimeout(giveUp)
          resolve(url)
        })
      }
    })
    this.ready.catch(() => undefined) // whoever waits for it hears of it
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** How often it began with empty state because what it had could not be trusted. */
  get wipes(): number {
    return this.#wipes
  }

  get errors(): number {
    return this.#errors
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** In order. Rejects when that takes too long. */
  async stop(): Promise<End> {
    this.#child.kill('SIGTERM')
    let giveUp: NodeJS.Timeout | undefined
    const tooLong = new Promise<never>((_, reject) => {
      giveUp = setTimeout(() => reject(new Error(`A process has not stopped after ${STOP_MS} ms: see its log.`)), STOP_MS)
    })
    return Promise.race([this.ended, tooLong]).finally(() => clearTimeout(giveUp))
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) return
    const { level, msg } = JSON.parse(line) as { readonly level: number; readonly msg: string }
    if (msg === WIPED) this.#wipes++
    if (level >= ERROR_LEVEL) this.#errors++
  }
}
